"""Two language servers for Python that people use, in an environment of their own, to compare with."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".bench" / "server"
VENV = HOME / "peers"
PINS = (
    "jedi-language-server==0.47.0",
    "python-lsp-server==1.15.0",
    "jedi==0.20.1",
    "pygls==2.1.1",
    "lsprotocol==2025.0.0",
)
INSTALL_SECONDS = 600
OURS = "macrohard-lsp"
NAMES: Mapping[str, str] = {"jedi-language-server": PINS[0], "pylsp": PINS[1]}


class CannotPrepareError(Exception):
    """The other servers can't be had; the message says what to do."""


def prepare() -> None:
    """Make their environment, or find it from last time. Raises CannotPrepareError."""
    stamp, wanted = HOME / "prepared", "\n".join((sys.version, *PINS))
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    HOME.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
    python = str(VENV / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    _run([*pip, "install", "-q", *PINS])
    stamp.write_text(wanted, "utf-8")


def commands() -> dict[str, list[str]]:
    """How each server is started: by the script that its package installs."""
    ours = Path(sys.executable).with_name(OURS)
    return {OURS: [str(ours), "--stdio"], **{name: [str(VENV / "bin" / name)] for name in NAMES}}


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise CannotPrepareError(f"{' '.join(command[1:4])} … took over {INSTALL_SECONDS} s.") from None
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no reason given"]
        raise CannotPrepareError(f"{' '.join(command[1:4])} … failed: {reason[-1]} (is there a network?)")
