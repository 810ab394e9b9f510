"""The extension in VS Code's real extension host, with the real server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.editors

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BIN = ROOT / ".venv" / "bin"


def test_repair(opened: Callable[..., Any], bundled: Callable[[str], Path], shop: Path) -> None:
    machine = {"macrohard.path": str(BIN / "macrohard-lsp"), "macrohard.interpreter": str(BIN / "python")}
    with opened(machine=machine) as vscode:
        vscode.run_in_host(bundled("repair"), shop)
    assert "if subtotal >= FREE_SHIPPING_FROM:" in (shop / "shop" / "basket.py").read_text()


def test_interpreter(opened: Callable[..., Any], bundled: Callable[[str], Path], shop: Path) -> None:
    for name, programs in (("one", 2), ("two", 2), ("three", 1)):
        folder = shop.parent / name / "bin"
        folder.mkdir(parents=True)
        for program in ("python", "macrohard-lsp")[:programs]:
            (folder / program).symlink_to(BIN / program)
    others = [HERE / "stand_in" / "ms-python.python-0.0.1"]
    with opened(settings={"macrohard.test.onOpen": "nothing"}, others=others) as vscode:
        vscode.run_in_host(bundled("interpreter"), shop)
