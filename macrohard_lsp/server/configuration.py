"""Settings from the editor, folder by folder, to the host."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from macrohard_lsp.host.client.messages import SetFolder
from macrohard_lsp.server.places import uri_of
from macrohard_lsp.server.server import MacrohardServer

_log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0
SECTION = "macrohard"


async def set_folders(ls: MacrohardServer, folders: Iterable[str]) -> None:
    """Tell the host of these folders, with the settings that the client has for each."""
    wanted = tuple(folders)
    for folder, settings in zip(wanted, await _settings(ls, wanted), strict=True):
        if folder in ls.folders:
            await ls.bridge.set_folder(
                SetFolder(folder, settings, ls.given_trust, ls.abilities.watched_files)
            )


async def _settings(ls: MacrohardServer, folders: tuple[str, ...]) -> list[Any]:
    """What the client answers, or what it gave to begin with where it can't be asked or has no answer."""
    given = [ls.given_settings] * len(folders)
    if not (ls.abilities.configuration and folders):
        return given
    items = [types.ConfigurationItem(scope_uri=uri_of(folder, ""), section=SECTION) for folder in folders]
    try:
        request = ls.workspace_configuration_async(types.ConfigurationParams(items))
        answers = list(await asyncio.wait_for(request, ANSWER_SECONDS))
    except (TimeoutError, JsonRpcException) as error:
        _log.warning("the client did not say how the folders are configured: %r", error)
        return given
    if len(answers) != len(folders):
        return given
    return [before if answer is None else answer for before, answer in zip(given, answers, strict=True)]
