"""The plugin and the server in real Neovims, headless."""

import os
import shutil
import signal
import subprocess
import time

import pytest

pytestmark = pytest.mark.editors

SETTINGS = {
    "0.10": """
vim.api.nvim_create_autocmd('FileType', {{
  pattern = 'python',
  callback = function() require('macrohard').start({{ settings = {{ macrohard = {} }} }}) end,
}})
""",
    "current": """
vim.lsp.config('macrohard', {{ settings = {{ macrohard = {} }} }})
vim.lsp.enable('macrohard')
""",
}


def test_a_fix_is_offered_applied_and_saved(neovim):
    neovim.passes("repair")
    assert "if subtotal >= FREE_SHIPPING_FROM:" in (neovim.shop / "shop/basket.py").read_text()


def test_a_fix_in_a_file_that_is_not_open(neovim):
    neovim.passes("closed_file")
    assert "if subtotal >= FREE_SHIPPING_FROM:" in (neovim.shop / "shop/basket.py").read_text()


def test_a_fix_lands_exactly(neovim):
    file = neovim.shop / "shop/basket.py"
    text = file.read_text().replace("if subtotal >", 'if "🛒" and subtotal >').replace("\n", "\r\n")
    file.write_bytes(text.encode())
    neovim.passes("exact")
    fixed = text.replace("subtotal > FREE", "subtotal >= FREE")
    assert file.read_bytes() == f"# One line more, above all others.\r\n{fixed}".encode()


def test_an_unsaved_edit_that_breaks_a_test(neovim):
    neovim.passes("unsaved", init=SETTINGS[neovim.kind].format("{ test = { run = 'type' } }"))


def test_trust_is_asked_for_once(neovim):
    neovim.passes("trust", init=SETTINGS[neovim.kind].format("{ tier = 'process' }"))


def test_a_file_of_no_project(neovim):
    neovim.passes("alone")


def test_commands_lenses_and_proof(neovim):
    neovim.passes("commands")


def test_checkhealth(neovim):
    neovim.passes("health")


def test_start_by_hand(neovim):
    neovim.passes("start", init="")


def test_the_server_is_missing(neovim):
    """On a PATH that has the interpreter's system folders only, and so no macrohard-lsp."""
    path = os.pathsep.join(
        folder
        for folder in ("/usr/local/bin", "/usr/bin", "/bin")
        if not shutil.which("macrohard-lsp", path=folder)
    )
    neovim.passes("missing", extra={"PATH": path})


def test_help(neovim):
    neovim.passes("help", init="")


def test_a_neovim_that_is_too_old(neovim):
    neovim.passes("old", init="")


def test_a_killed_neovim_leaves_nothing(neovim):
    def kill_while_it_works(process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 60
        while not (neovim.shop.parent / "working").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)

    outcome = neovim.run("busy", meanwhile=kill_while_it_works)
    assert outcome.code == -signal.SIGKILL, outcome.output
    assert (neovim.shop.parent / "working").exists(), outcome.output
    assert outcome.seen > 2, "the server, its host and the sandbox were not seen at all"
    assert not outcome.left, "\n".join(["left behind:", *outcome.left])
