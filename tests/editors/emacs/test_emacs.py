"""The server in a real Emacs with eglot, in batch mode: a client that the project knows nothing of."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.editors

ROOT = Path(__file__).parents[3]
SCENARIO_SECONDS = 400.0
GONE_SECONDS = 15.0


def _missing() -> str | None:
    for program, package in (("emacs", "emacs-nox"), ("git", "git")):
        if shutil.which(program) is None:
            return f"{program} is missing (apt-get install {package})"
    loads = [
        "emacs",
        "--batch",
        "--eval",
        "(progn (require 'package) (package-initialize) (require 'eglot))",
    ]
    if subprocess.run(loads, capture_output=True, check=False).returncode != 0:
        return "eglot is missing in Emacs (apt-get install elpa-eglot)"
    return None


def _processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that work in a folder, or name it."""
    found: list[str] = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            works_in = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in command or works_in.startswith(str(folder)):
            found.append(command)
    return found


def test_a_fix_is_offered_applied_and_saved(tmp_path: Path) -> None:
    if (missing := _missing()) is not None:
        pytest.fail(missing) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(missing)
    shop, home = tmp_path / "shop", tmp_path / "home"
    shutil.copytree(ROOT / "examples/shop", shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    home.mkdir()
    # Emacs takes the work tree for the project.
    subprocess.run(["git", "init", "--quiet", str(shop)], check=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    started = time.monotonic()
    ran = subprocess.run(
        ["emacs", "--batch", "-l", str(Path(__file__).with_name("repair.el"))],
        env=kept
        | {
            "HOME": str(home),
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(ROOT / ".venv"),
            "SHOP": str(shop),
        },
        cwd=shop,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SCENARIO_SECONDS,
        check=False,
    )
    print(f"Emacs, repair: {time.monotonic() - started:.1f} s")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "if subtotal >= FREE_SHIPPING_FROM:" in (shop / "shop/basket.py").read_text()
    deadline = time.monotonic() + GONE_SECONDS
    while (left := _processes_of(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left, "\n".join(["left behind:", *left])
