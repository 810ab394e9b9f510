"""`initialized`: the client may be asked now: for its settings, and to tell of changes."""

from lsprotocol import types

from macrohard_lsp.server.configuration import set_folders
from macrohard_lsp.server.server import MacrohardServer

WATCHED = (
    *("**/*.py", "**/*.pyi", "**/pyproject.toml", "**/*.{cfg,ini,toml}"),
    # For tests that other commands run; the host leaves these alone in a folder that has none.
    *("**/*.{js,cjs,mjs,jsx,ts,cts,mts,tsx,go,rs}", "**/package.json"),
)


async def handle(ls: MacrohardServer, params: types.InitializedParams) -> None:  # noqa: ARG001
    registrations: list[types.Registration] = []
    if ls.abilities.watched_files:
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registrations.append(
            types.Registration("watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        )
    if ls.abilities.configuration_registration:
        section = types.DidChangeConfigurationRegistrationOptions(section="macrohard")
        registrations.append(
            types.Registration("configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section)
        )
    if registrations:
        # Not awaited: a client that takes its time over this, or never answers, gets its diagnostics all the same.
        ls.client_register_capability(types.RegistrationParams(registrations))
    try:
        await set_folders(ls, ls.folders.all)
    finally:
        ls.bridge.introduced()
