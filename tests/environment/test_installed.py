"""What is installed, by the state of directories."""

from pathlib import Path

from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice
from macrohard_lsp.environment.installed import installed_in


def test_installing_shows_and_nothing_else(tmp_path: Path) -> None:
    site = tmp_path / "lib" / "site-packages"
    site.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    executable = tmp_path / "bin" / "python"
    executable.symlink_to("/bin/sh")
    choice = InterpreterChoice(executable, ".venv", ())
    missing = str(tmp_path / "python311.zip")
    interpreter = Interpreter(choice, (3, 11, 0), "cpython", "9", path=(missing, str(site)))
    before = installed_in(interpreter)
    assert installed_in(interpreter) == before
    assert dict(before)[missing] is None
    changes = (
        (site / "one.dist-info").mkdir,
        (site / "one.dist-info").rmdir,
        lambda: (tmp_path / "pyvenv.cfg").write_text("home = /usr/bin\n"),
        lambda: (executable.unlink(), executable.symlink_to("/bin/cat")),
        lambda: Path(missing).write_bytes(b"PK"),
    )
    for change in changes:
        change()
        assert installed_in(interpreter) != before
        before = installed_in(interpreter)
