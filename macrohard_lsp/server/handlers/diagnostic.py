"""`textDocument/diagnostic`: answered from what the host last said."""

from lsprotocol import types

from macrohard_lsp.server.server import MacrohardServer


def register(ls: MacrohardServer) -> None:
    options = types.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=True, identifier="macrohard"
    )
    ls.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(handle)


def handle(ls: MacrohardServer, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
    report = ls.board.report(params.text_document.uri)
    if report.items:
        ls.reported.add(params.text_document.uri)
    if params.previous_result_id == report.result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(report.result_id)
    return types.RelatedFullDocumentDiagnosticReport(list(report.items), result_id=report.result_id)
