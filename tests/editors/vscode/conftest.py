"""Real VS Code, as the server that it is for browsers, with a real browser in front of it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
EXTENSION = ROOT / "editors" / "vscode"
TOOLS = ROOT / ".editors" / "vscode"
VSCODE = TOOLS / "node_modules" / "code-server" / "lib" / "vscode" / "out" / "server-main.js"
SERVER = ROOT / ".venv" / "bin" / "macrohard-lsp"

PREPARE_SECONDS = 900
START_SECONDS = 60
BROWSER_SECONDS = 540
GRACE_SECONDS = 15
"""How long the language server may outlive the editor that started it."""

MARK = "MACROHARD_TEST_WINDOW"

USER_SETTINGS = {
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.colorTheme": "Default Dark Modern",
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "extensions.autoUpdate": False,
    "extensions.autoCheckUpdates": False,
    "git.enabled": False,
    "editor.minimap.enabled": False,
    "window.commandCenter": False,
}


def unavailable(sentence: str) -> None:
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def prepared() -> None:
    """Everything that `scripts/prepare-vscode` makes; it does only what isn't done yet."""
    done = subprocess.run(
        [ROOT / "scripts" / "prepare-vscode"],
        capture_output=True,
        text=True,
        timeout=PREPARE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        unavailable(said[-1] if said else "scripts/prepare-vscode failed without a word")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project of the user's, in which one test fails."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return folder


@pytest.fixture
def opened(prepared: None, tmp_path: Path) -> Callable[..., AbstractContextManager["Window"]]:
    """Opens a window: `with opened(machine={...}) as vscode`. What else it takes is said at `window`."""
    if not SERVER.exists():
        unavailable("macrohard-lsp is not in .venv; `make test` puts it there")
    return partial(window, tmp_path)


@pytest.fixture
def bundled(prepared: None, tmp_path: Path) -> Callable[[str], Path]:
    """Makes one file of a test for the extension host, as the host wants it."""

    def bundle(name: str) -> Path:
        made = tmp_path / f"{name}.js"
        source = Path(__file__).parent / "host" / f"{name}.ts"
        options = ["--bundle", "--platform=node", "--format=cjs", "--external:vscode", "--log-level=warning"]
        esbuild = EXTENSION / "node_modules" / ".bin" / "esbuild"
        subprocess.run([esbuild, source, *options, f"--outfile={made}"], check=True, timeout=START_SECONDS)
        return made

    return bundle


@dataclass(frozen=True, slots=True)
class Window:
    """A running VS Code, to be opened by a browser."""

    address: str
    home: Path
    environment: dict[str, str]
    results: Path = field(default_factory=lambda: ROOT / ".editors" / "results")

    def drive(self, script: str, **arguments: object) -> str:
        """Run a script of `browser/` against this window, and return what it printed. It fails by its exit status."""
        self.results.mkdir(parents=True, exist_ok=True)
        given = {"address": self.address, "tools": str(TOOLS), "results": str(self.results), **arguments}
        done = subprocess.run(
            ["node", Path(__file__).parent / "browser" / f"{script}.mjs", json.dumps(given)],
            capture_output=True,
            text=True,
            timeout=BROWSER_SECONDS,
            check=False,
        )
        sys.stdout.write(done.stdout)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def run_in_host(self, tests: Path, folder: Path) -> None:
        """Run the tests of one bundled file in the extension host, with our extension as one under development."""
        given = {"folder": str(folder), "extension": str(EXTENSION), "tests": str(tests)}
        self.drive("host", name=f"host-{tests.stem}", **given)


@contextmanager
def window(
    home: Path,
    *,
    settings: dict[str, object] | None = None,
    machine: dict[str, object] | None = None,
    installed: bool = False,
    packaged: bool = False,
    others: Sequence[Path] = (),
) -> Iterator[Window]:
    """
    VS Code with fresh folders. `machine` are settings of the machine, which such an editor ignores among the user's.
    With `packaged` the .vsix is installed; `others` are folders of further extensions. With `installed` the server is
    on the `PATH` that a login shell gives, which is the one that VS Code goes by.
    """
    data, extensions = home / "vscode", home / "extensions"
    for name, given in (("User", USER_SETTINGS | (settings or {})), ("Machine", machine or {})):
        folder = data / "data" / name
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(json.dumps(given))
    extensions.mkdir()
    for other in others:
        shutil.copytree(other, extensions / other.name)
    programs = home / "home" / ".local" / "bin"
    programs.mkdir(parents=True)
    (home / "home" / ".profile").write_text('PATH="$HOME/.local/bin:$PATH"\n')
    if installed:
        (programs / SERVER.name).symlink_to(SERVER)
    mark = uuid.uuid4().hex
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "HOME": str(home / "home"),
        MARK: mark,
    }
    folders = ["--server-data-dir", str(data), "--extensions-dir", str(extensions)]
    command = ["node", str(VSCODE), "--accept-server-license-terms", *folders]
    if packaged:
        vsix = EXTENSION / "macrohard.vsix"
        install = [*command, "--install-extension", str(vsix)]
        subprocess.run(install, env=environment, check=True, timeout=START_SECONDS, capture_output=True)
    port = _free_port()
    local = ["--host", "127.0.0.1", "--port", str(port), "--without-connection-token"]
    started = subprocess.Popen(
        [*command, *local, "--enable-smoke-test-driver", "--telemetry-level", "off"],
        env=environment,
        stdout=(home / "vscode.log").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _wait_for_port(port, started, home / "vscode.log")
        yield Window(f"http://127.0.0.1:{port}", home, environment)
    finally:
        # It would wait for browsers to come back. Its children are left to notice by themselves that it is gone.
        started.kill()
        started.wait()
        left = _still_there_after_grace(mark)
        for process in left:
            os.kill(process, signal.SIGKILL)
    assert not left, f"{list(left.values())} outlived the editor by {GRACE_SECONDS} seconds"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for_port(port: int, started: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if started.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"VS Code did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _still_there_after_grace(mark: str) -> dict[int, str]:
    """Processes that inherited the window's mark: the editor's own, the language server, and what that started."""
    end = time.monotonic() + GRACE_SECONDS
    while (left := _marked(mark)) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def _marked(mark: str) -> dict[int, str]:
    wanted = f"{MARK}={mark}".encode()
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found
