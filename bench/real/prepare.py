"""From the list to something that runs: source distributions, environments and fresh copies."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bench.real.bugs import Bug, reintroduce

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / ".bench" / "real"
DOWNLOAD_SECONDS = 300
INSTALL_SECONDS = 900


class CannotPrepareError(Exception):
    """Raised when a distribution or an environment can't be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one bug lives: `work` is always the same path, so that an installation in place stays true.

    It lies in a temporary directory of its own rather than in this repository, whose .gitignore
    would otherwise have a say in what belongs to the library.
    """

    work: Path
    fixed: Path
    venv: Path

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"


def place_of(bug: Bug) -> Place:
    home = STORE / bug.list / bug.name
    return Place(work_root() / bug.list / bug.name, home / "fixed", home / "venv")


def work_root() -> Path:
    return Path(tempfile.gettempdir()) / f"macrohard-bench-{os.getuid()}"


def prepare(bug: Bug) -> Place:
    """Unpack the distribution and make its environment, or find both from last time.

    Raises CannotPrepareError.
    """
    place = place_of(bug)
    place.fixed.parent.mkdir(parents=True, exist_ok=True)
    stamp = place.fixed.parent / "prepared"
    wanted = f"{bug.sha256} {sys.version} {bug.requires} {bug.editable} {place.work}"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted and place.python.exists():
        return place
    stamp.unlink(missing_ok=True)
    unpack(fetch(bug), place.fixed)
    fresh_copy(bug, place, buggy=False)
    make_environment(bug, place)
    stamp.write_text(wanted, "utf-8")
    return place


def fetch(bug: Bug) -> Path:
    """The source distribution's archive, downloaded by pip and checked against the list's digest."""
    folder = STORE / "sdists"
    archive = folder / bug.sdist
    if not archive.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        if bug.build_with:
            constraint = folder / f"{bug.name}-build.txt"
            constraint.write_text("\n".join(bug.build_with) + "\n", "utf-8")
            command += ["--build-constraint", str(constraint)]
        _run([*command, f"{bug.name}=={bug.version}", "-d", str(folder)], DOWNLOAD_SECONDS)
    if not archive.is_file():
        raise CannotPrepareError(
            f"pip downloaded no file named {bug.sdist}; look in {folder.relative_to(ROOT)}."
        )
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != bug.sha256:
        archive.unlink()
        raise CannotPrepareError(
            f"{bug.sdist} has digest {digest}, not the list's {bug.sha256}; it was removed."
        )
    return archive


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive of one top folder, so that `folder` becomes that folder."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(scratch)
        else:
            with tarfile.open(archive) as tarred:
                # Debian 12's Python 3.11.2 has no filters yet; the archive's digest is checked before.
                safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                tarred.extractall(scratch, **safely)
        (top,) = Path(scratch).iterdir()
        top.rename(folder)


def fresh_copy(bug: Bug, place: Place, *, buggy: bool) -> Path:
    """Replace the work folder by a new copy of the distribution, with the bug in it or without."""
    shutil.rmtree(place.work, ignore_errors=True)
    place.work.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(place.fixed, place.work, symlinks=True)
    if buggy:
        reintroduce(place.work, bug)
    return place.work


def make_environment(bug: Bug, place: Place) -> None:
    """A virtual environment with what the list names; the library too where it must be installed."""
    pip = environment_with(place.venv, *bug.requires)
    if bug.editable:
        _run([*pip, "--no-deps", "-e", str(place.work)], INSTALL_SECONDS)


def environment_with(venv: Path, *requires: str) -> list[str]:
    """Make a virtual environment anew, with these requirements in it; the command that installs more.

    Raises CannotPrepareError.
    """
    shutil.rmtree(venv, ignore_errors=True)
    _run([sys.executable, "-m", "venv", "--without-pip", str(venv)], INSTALL_SECONDS)
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "install", "-q"]
    _run([*pip, *requires], INSTALL_SECONDS)
    return pip


def _run(command: list[str], seconds: float) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise CannotPrepareError(f"{' '.join(command[:5])} … took longer than {seconds:.0f} s.") from None
    if done.returncode != 0:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no reason given"]
        raise CannotPrepareError(f"{' '.join(command[1:5])} … failed: {reason[-1]} (is there a network?)")
