"""One file for each method of the protocol. A handler is `async` or trivial: nothing here blocks."""

from lsprotocol import types

from macrohard_lsp.server.handlers import (
    code_action,
    code_action_resolve,
    code_lens,
    did_change,
    did_change_configuration,
    did_change_watched_files,
    did_change_workspace_folders,
    did_close,
    did_open,
    did_save,
    execute_command,
    initialize,
    initialized,
    shutdown,
    work_done_progress_cancel,
)
from macrohard_lsp.server.server import MacrohardServer


def register(ls: MacrohardServer) -> None:
    """All but what `initialize` registers once it knows the client: pulled diagnostics, and symbols."""
    ls.feature(types.INITIALIZE)(initialize.handle)
    ls.feature(types.INITIALIZED)(initialized.handle)
    ls.feature(types.SHUTDOWN)(shutdown.handle)
    ls.feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open.handle)
    ls.feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change.handle)
    ls.feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save.handle)
    ls.feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close.handle)
    ls.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_watched_files.handle)
    ls.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(did_change_configuration.handle)
    ls.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_workspace_folders.handle)
    ls.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)(work_done_progress_cancel.handle)
    ls.feature(types.TEXT_DOCUMENT_CODE_ACTION, code_action.OPTIONS)(code_action.handle)
    ls.feature(types.CODE_ACTION_RESOLVE)(code_action_resolve.handle)
    ls.feature(types.TEXT_DOCUMENT_CODE_LENS)(code_lens.handle)
    execute_command.register(ls)
