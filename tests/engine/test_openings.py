"""Which paths the settings may open, and the sentence for each that they may not."""

from pathlib import Path

import pytest

from macrohard_lsp.engine.openings import openings_of
from macrohard_lsp.settings.model import SandboxSettings


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """A home with a project and what is beside it, by the words that the cases use."""
    home = tmp_path.resolve() / "home"
    for name in ("project/sub", "data", "real"):
        (home / name).mkdir(parents=True)
    (home / "data" / "file").write_text("x")
    (home / "link").symlink_to(home / "real")
    (home / "project" / "out").symlink_to(home)
    return {"HOME": str(home), "ABOVE": str(home.parent), "PROJECT": str(home / "project")}


CASES = (
    # What the settings name, the paths that are opened, and part of the sentence where they aren't.
    ("read", "HOME/data", ["HOME/data"], ""),
    ("read", "~/data", ["HOME/data"], ""),
    ("read", "../data/file", ["HOME/data/file"], ""),
    ("read", "~/link", ["HOME/link", "HOME/real"], ""),
    ("read", "HOME/none", [], "does not exist"),
    ("read", "~", [], "holds your whole home directory"),
    ("read", "ABOVE", [], "holds your whole home directory"),
    ("read", "out", [], "holds your whole home directory"),
    ("read", "/", [], "holds your whole home directory"),
    ("read", "/run", [], "a Machine fills itself"),
    ("read", "/proc/1", [], "a Machine fills itself"),
    ("read", "/etc/hostname", ["/etc/hostname"], ""),
    ("write", "../data", ["HOME/data"], ""),
    ("write", "~/link", ["HOME/link", "HOME/real"], ""),
    ("write", ".", [], "lies in the workspace folder"),
    ("write", "sub", [], "lies in the workspace folder"),
    ("write", "out/data", ["PROJECT/out/data", "HOME/data"], "lies in the workspace folder"),
    ("write", "~/", [], "holds your whole home directory"),
    ("write", "/etc/ssl", [], "belongs to the system"),
    ("write", "/usr/lib", [], "belongs to the system"),
    ("write", "/dev/null", [], "a Machine fills itself"),
)


@pytest.mark.parametrize(("field", "text", "opened", "sentence"), CASES)
def test_paths(places, field: str, text: str, opened: list[str], sentence: str) -> None:
    def full(path: str) -> str:
        for word, place in places.items():
            path = path.replace(word, place)
        return path

    settings = SandboxSettings(**{field: (full(text),)})
    home, folder = Path(places["HOME"]), Path(places["PROJECT"])
    openings, notes = openings_of(settings, folder, {}, home)
    if sentence:
        assert len(notes) == 1
        assert notes[0].startswith(f"`sandbox.{field}` names {full(text)}, which ")
        assert sentence in notes[0]
        assert getattr(openings, field) == ()
    else:
        assert notes == ()
        assert [str(path) for path in getattr(openings, field)] == [full(path) for path in opened]


def test_only_named_variables_that_are_set_are_passed_on(places) -> None:
    settings = SandboxSettings(environment=("API_KEY", "UNSET"), ports=(1, 1, 2), network=True)
    openings, notes = openings_of(settings, Path("/shop"), {"API_KEY": "k", "OTHER": "o"}, Path("/home"))
    assert openings.environment == {"API_KEY": "k"}
    assert (openings.ports, openings.network, notes) == ((1, 2), True, ())
