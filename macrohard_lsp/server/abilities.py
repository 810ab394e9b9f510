"""What the client can do, looked up once: no handler digs in its capabilities."""

from dataclasses import dataclass

from lsprotocol import types
from pygls.capabilities import get_capability

_VS_CODE = ("visual studio code", "code-server", "code - oss", "vscodium", "cursor", "windsurf")


@dataclass(frozen=True, slots=True)
class Abilities:
    """`pulls_diagnostics` only where the client can also be told to pull again: results come when tests end."""

    pulls_diagnostics: bool
    related_information: bool
    diagnostic_data: bool
    resolves_edits: bool
    disabled_actions: bool
    preferred_actions: bool
    document_changes: bool
    file_operations: bool
    annotations: bool
    refreshes_lenses: bool
    work_done_progress: bool
    configuration: bool
    watched_files: bool
    configuration_registration: bool
    shows_documents: bool
    nested_symbols: bool
    symbols_from_elsewhere: bool


def abilities_of(params: types.InitializeParams) -> Abilities:
    """Looks a capability up by its dotted name; one that the client doesn't mention is one it doesn't have."""
    capabilities = params.capabilities

    def has(name: str) -> bool:
        return bool(get_capability(capabilities, name, False))

    resolvable = (
        get_capability(capabilities, "text_document.code_action.resolve_support.properties", ()) or ()
    )
    operations = get_capability(capabilities, "workspace.workspace_edit.resource_operations", ()) or ()
    name = params.client_info.name.casefold() if params.client_info else ""
    return Abilities(
        pulls_diagnostics=get_capability(capabilities, "text_document.diagnostic", None) is not None
        and has("workspace.diagnostics.refresh_support")
        # Told to pull again, Neovim 0.12 asks for the workspace's, and shows none of that in open buffers.
        and "neovim" not in name,
        related_information=has("text_document.publish_diagnostics.related_information")
        or has("text_document.diagnostic.related_information"),
        diagnostic_data=has("text_document.publish_diagnostics.data_support")
        or has("text_document.diagnostic.data_support"),
        resolves_edits="edit" in resolvable and has("text_document.code_action.data_support"),
        disabled_actions=has("text_document.code_action.disabled_support"),
        preferred_actions=has("text_document.code_action.is_preferred_support"),
        document_changes=has("workspace.workspace_edit.document_changes"),
        file_operations={"create", "rename", "delete"}
        <= {getattr(each, "value", each) for each in operations},
        annotations=has("workspace.workspace_edit.document_changes")
        and get_capability(capabilities, "workspace.workspace_edit.change_annotation_support", None)
        is not None
        and has("text_document.code_action.honors_change_annotations"),
        refreshes_lenses=has("workspace.code_lens.refresh_support"),
        work_done_progress=has("window.work_done_progress"),
        configuration=has("workspace.configuration"),
        watched_files=has("workspace.did_change_watched_files.dynamic_registration"),
        configuration_registration=has("workspace.did_change_configuration.dynamic_registration"),
        shows_documents=has("window.show_document.support"),
        nested_symbols=has("text_document.document_symbol.hierarchical_document_symbol_support"),
        symbols_from_elsewhere=any(each in name for each in _VS_CODE),
    )
