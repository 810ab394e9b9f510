"""The packaged extension as a person sees it: a browser, a mouse and a keyboard."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.editors

ROOT = Path(__file__).resolve().parents[3]
BIN = ROOT / ".venv" / "bin"


def test_repair(opened: Callable[..., Any], shop: Path) -> None:
    """The server is found on PATH, as where pipx has installed it."""
    with opened(
        machine={"macrohard.interpreter": str(BIN / "python")}, installed=True, packaged=True
    ) as vscode:
        vscode.drive("repair", folder=str(shop))
    assert "if subtotal >= FREE_SHIPPING_FROM:" in (shop / "shop" / "basket.py").read_text()


def test_missing(opened: Callable[..., Any], shop: Path) -> None:
    with opened(packaged=True) as vscode:
        vscode.drive("missing", folder=str(shop), command="pip install macrohard-lsp")


def test_trust(opened: Callable[..., Any], shop: Path, tmp_path: Path) -> None:
    """A folder that isn't trusted loosens nothing; when it is trusted, the server hears so, and its settings."""
    record = tmp_path / "said"
    listening = tmp_path / "listening"
    listening.write_text(f'#!/bin/sh\ntee -a "{record}" | "{BIN / "macrohard-lsp"}" "$@"\n')
    listening.chmod(0o755)
    (shop / ".vscode").mkdir()
    loosened = {"macrohard.tier": "process", "macrohard.test.arguments": ["-x"], "macrohard.fix.seed": 7}
    (shop / ".vscode" / "settings.json").write_text(json.dumps(loosened))
    settings = {
        "security.workspace.trust.enabled": True,
        "security.workspace.trust.startupPrompt": "never",
        "security.workspace.trust.banner": "never",
        "macrohard.test.onOpen": "nothing",
    }
    with opened(settings=settings, machine={"macrohard.path": str(listening)}, packaged=True) as vscode:
        vscode.drive("trust", folder=str(shop), record=str(record))
    before, after = _initializations(record.read_bytes())
    assert before["trusted"] is False
    assert before["settings"] == {"test": {"onOpen": "nothing"}, "fix": {"seed": 7}}
    assert after["trusted"] is True
    assert after["settings"] == {
        "tier": "process",
        "test": {"arguments": ["-x"], "onOpen": "nothing"},
        "fix": {"seed": 7},
    }


def _initializations(said: bytes) -> list[dict[str, Any]]:
    messages = [json.loads(body) for body in re.split(rb"Content-Length: \d+\r\n\r\n", said) if body]
    return [
        message["params"]["initializationOptions"]
        for message in messages
        if message.get("method") == "initialize"
    ]
