"""What the server says it can do, to whom."""

import pytest
from lsprotocol import types

from macrohard_lsp.server.handlers.code_action import DISMISS_KIND, KIND, PROOF_KIND, wanted

from .profiles import PROFILES, minimal, neovim, vs_code

KINDS = {
    "nothing said": (None, True),
    "nothing wanted": ([], False),
    "everything": ([""], True),
    "all quick fixes": (["quickfix"], True),
    "ours": (["quickfix.macrohard"], True),
    "those of another": (["quickfix.other"], False),
    "below ours": (["quickfix.macrohard.deeper"], False),
    "a name that begins like ours": (["quick"], False),
    "others": (["refactor", "source.organizeImports"], False),
    "one of several": (["refactor", "quickfix"], True),
    "an enumerated one": ([types.CodeActionKind.QuickFix], True),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_are_a_hierarchy(name: str) -> None:
    only, expected = KINDS[name]
    assert wanted(only, KIND) is expected
    assert wanted(only, PROOF_KIND) is wanted(only, DISMISS_KIND) is (only in (None, [""]))


@pytest.mark.parametrize("profile", PROFILES)
async def test_capabilities(new_editor, files, profile: str) -> None:
    editor = new_editor(PROFILES[profile]())
    result = await editor.start(files("--- a.py\n"), options={"settings": {"test": {"onOpen": "nothing"}}})
    can = result.capabilities
    assert can.code_action_provider == types.CodeActionOptions(
        code_action_kinds=(KIND, PROOF_KIND, DISMISS_KIND), resolve_provider=True
    )
    assert isinstance(can.text_document_sync, types.TextDocumentSyncOptions)
    assert can.text_document_sync.change is types.TextDocumentSyncKind.Incremental
    assert (can.diagnostic_provider is not None) is (profile == "vs-code")
    assert can.execute_command_provider is not None
    assert set(can.execute_command_provider.commands) == {
        "macrohard.applyFix",
        "macrohard.cancel",
        "macrohard.dismissFix",
        "macrohard.fix",
        "macrohard.runTests",
        "macrohard.showProof",
        "macrohard.status",
    }
    await editor.command("macrohard.status")
    watched = [each.method for each in editor.registered]
    assert (types.WORKSPACE_DID_CHANGE_WATCHED_FILES in watched) is (profile == "vs-code")


SYMBOLS = {
    "VS Code has them from elsewhere": ("Visual Studio Code", "auto", False),
    "unless it wants ours": ("Visual Studio Code", "on", True),
    "others get them": ("Neovim", "auto", True),
    "unless they don't want them": ("Neovim", "off", False),
}


@pytest.mark.parametrize("name", SYMBOLS)
async def test_symbols_are_given_where_nobody_else_does(new_editor, files, name: str) -> None:
    client, setting, expected = SYMBOLS[name]
    editor = new_editor(vs_code() if client != "Neovim" else neovim())
    options = {"settings": {"symbols": setting, "test": {"onOpen": "nothing"}}}
    result = await editor.start(files("--- a.py\n"), options=options, name=client)
    assert (result.capabilities.document_symbol_provider is not None) is expected
    assert (result.capabilities.workspace_symbol_provider is not None) is expected


async def test_neovim_is_told_by_push_even_where_it_could_pull(new_editor, files) -> None:
    """Neovim 0.12 pulls and can be told to pull again, but then shows nothing of it in open buffers."""
    editor = new_editor(vs_code())
    result = await editor.start(
        files("--- a.py\n"), options={"settings": {"test": {"onOpen": "nothing"}}}, name="Neovim"
    )
    assert result.capabilities.diagnostic_provider is None


@pytest.mark.usefixtures("sandbox")
async def test_a_flaky_test_is_a_warning_and_never_repaired(new_editor, files) -> None:
    coin = "def test_coin_{}():\n    assert random.SystemRandom().random() < 0.5\n\n\n"
    folder = files("--- test_coin.py\nimport random\n\n\n" + "".join(coin.format(n) for n in range(12)))
    editor = new_editor(minimal())
    editor.settings = {"fix": {"automatic": False}}
    await editor.start(folder)
    editor.open(folder / "test_coin.py")

    async def flaky():
        shown = await editor.diagnostics(folder / "test_coin.py")
        return [each for each in shown if each.code == "flaky-test"]

    found = await editor.until(flaky, "a flaky test")
    assert {each.severity for each in found} == {types.DiagnosticSeverity.Warning}
    assert "is flaky: failed in" in found[0].message
