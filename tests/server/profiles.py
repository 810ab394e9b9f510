"""Clients as the server meets them: what each says it can."""

from lsprotocol import types
from pytest_lsp import client_capabilities


def vs_code() -> types.ClientCapabilities:
    """VS Code with vscode-languageclient 11: the old record of pytest-lsp, and what has come since."""
    capabilities = client_capabilities("visual-studio-code")
    document, workspace = capabilities.text_document, capabilities.workspace
    assert document is not None
    assert document.code_action is not None
    assert workspace is not None
    assert workspace.workspace_edit is not None
    capabilities.general = types.GeneralClientCapabilities(
        position_encodings=[types.PositionEncodingKind.Utf16]
    )
    document.diagnostic = types.DiagnosticClientCapabilities(
        dynamic_registration=True, related_document_support=False, related_information=True, data_support=True
    )
    document.code_action.honors_change_annotations = True
    workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    workspace.workspace_edit.change_annotation_support = types.ChangeAnnotationsSupportOptions(
        groups_on_label=True
    )
    return capabilities


def neovim() -> types.ClientCapabilities:
    """Neovim 0.11: pulls, but can't be told to pull again; no `documentChanges`, no watched files."""
    return client_capabilities("neovim@v0.11")


def minimal() -> types.ClientCapabilities:
    """What a client may leave out is left out."""
    return types.ClientCapabilities()


PROFILES = {"vs-code": vs_code, "neovim": neovim, "minimal": minimal}
