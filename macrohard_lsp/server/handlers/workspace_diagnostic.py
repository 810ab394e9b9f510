"""`workspace/diagnostic`: the files that have Findings, and those that had some when the client last asked."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def register(ls: MacrohardServer) -> None:
    ls.feature(types.WORKSPACE_DIAGNOSTIC)(handle)


def handle(ls: MacrohardServer, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
    known = {previous.uri: previous.value for previous in params.previous_result_ids}
    # VS Code's client forgets the result id of a file whose tab closes, but keeps its diagnostics: what was ever
    # reported is reported again, or nothing would ever clear it.
    ls.reported.update(ls.board.uris())
    uris = dict.fromkeys([*ls.reported, *known])
    return types.WorkspaceDiagnosticReport([_report(ls, uri, known.get(uri)) for uri in uris])


def _report(ls: MacrohardServer, uri: str, known: str | None) -> types.WorkspaceDocumentDiagnosticReport:
    report, document = ls.board.report(uri), ls.documents.get(uri)
    version = document.version if document is not None else None
    if known == report.result_id:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, report.result_id, version)
    return types.WorkspaceFullDocumentDiagnosticReport(
        uri, list(report.items), version, result_id=report.result_id
    )
