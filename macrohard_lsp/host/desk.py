"""Hands every message to the folder it is about, and answers questions."""

import time
from collections.abc import Iterator

from macrohard_lsp.core.files import FileNotEditable
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.host.client.messages import (
    AskStatus,
    DescribeDocument,
    DescribeProof,
    DismissOffer,
    DocumentDescription,
    FilesChanged,
    FindFixes,
    FindSymbols,
    FoundSymbol,
    GrantTrust,
    Interrupt,
    Order,
    Question,
    RemoveFolder,
    ResolveOffer,
    RunTests,
    SetFolder,
    SyncBuffers,
)
from macrohard_lsp.host.describing import MOST_FOUND, describe, find_symbols
from macrohard_lsp.host.folder import OTHER_LANGUAGES, FolderDesk
from macrohard_lsp.host.proofs import proof_text
from macrohard_lsp.host.queue import Work, WorkKind
from macrohard_lsp.host.reply import CanNotAnswer, Reply
from macrohard_lsp.host.surroundings import Send, Surroundings
from macrohard_lsp.settings.errors import StateUnavailable, TrustRefused
from macrohard_lsp.settings.trust import TrustStore
from macrohard_lsp.workspace.folder import WorkspaceRefused
from macrohard_lsp.workspace.index import WorkspaceIndex, build_index
from macrohard_lsp.workspace.read import read_snapshot

LAST_WORDS_SECONDS = 1.5
"""How long work that was stopped may take to clean up and to write its end into the journal."""


class Desk:
    """All folders of one server. Orders come from one thread, questions from several."""

    def __init__(self, surroundings: Surroundings, send: Send) -> None:
        self._surroundings = surroundings
        self._send = send
        self._folders: dict[str, FolderDesk] = {}
        self._indexes: dict[str, WorkspaceIndex] = {}

    def close(self) -> None:
        for folder in self._folders.values():
            folder.close()
        end = time.monotonic() + LAST_WORDS_SECONDS
        for folder in self._folders.values():
            folder.queue.join(max(0.0, end - time.monotonic()))

    def take(self, order: Order) -> None:
        match order:
            case SetFolder(name):
                if name in self._folders:
                    self._folders[name].configure(order)
                else:
                    self._folders[name] = FolderDesk(order, self._surroundings, self._send)
            case RemoveFolder(name):
                if (gone := self._folders.pop(name, None)) is not None:
                    gone.close()
            case SyncBuffers(name):
                if (folder := self._folders.get(name)) is not None:
                    folder.sync(order)
            case FilesChanged(name):
                if (folder := self._folders.get(name)) is not None:
                    folder.files_changed(order)
            case Interrupt(work):
                for folder in self._folders.values():
                    folder.queue.interrupt(work)
            case _:
                pass

    def answer(self, question: Question, reply: Reply) -> None:
        """Raises CanNotAnswer. Work that takes its time is queued, and replies when it is done."""
        match question:
            case RunTests(name, tests):
                self._folder(name).queue.put(Work(WorkKind.TESTS, tests, reply))
            case FindFixes(name, tests):
                self._folder(name).queue.put(Work(WorkKind.FIX, tests, reply))
            case ResolveOffer(offer):
                folder = self._offering(offer)
                reply.answer(folder.shelf.resolve(folder.folder, offer, folder.present))
            case DismissOffer(offer):
                self._offering(offer).dismiss(offer)
                reply.answer(None)
            case DescribeProof(offer):
                item = self._offering(offer).shelf.get(offer)
                reply.answer(proof_text(item, self._surroundings.state_dir))
            case DescribeDocument(name, path):
                reply.answer(self._describe(self._folder(name), path))
            case FindSymbols(query):
                reply.answer(tuple(self._symbols(query)))
            case GrantTrust(name):
                self._trust(self._folder(name))
                reply.answer(None)
            case AskStatus():
                reply.answer(tuple(folder.status.current for folder in self._folders.values()))

    def _folder(self, name: str) -> FolderDesk:
        folder = self._folders.get(name)
        if folder is None:
            raise CanNotAnswer(f"{name} is not open in this editor.")
        return folder

    def _offering(self, offer: str) -> FolderDesk:
        for folder in self._folders.values():
            if folder.shelf.has(offer):
                return folder
        raise CanNotAnswer("This fix is not offered any more: the tests have run again since.")

    def _describe(self, folder: FolderDesk, path: str) -> DocumentDescription:
        file = folder.present.file(path)
        if file is None or file.text is None or path.endswith(OTHER_LANGUAGES):
            return DocumentDescription((), ())
        return describe(path, file.text, self._surroundings.encoding)

    def _symbols(self, query: str) -> Iterator[FoundSymbol]:
        left = MOST_FOUND
        for folder in tuple(self._folders.values()):
            snapshot = self._snapshot(folder)
            if snapshot is None:
                continue
            index = build_index(snapshot, self._indexes.get(folder.folder))
            self._indexes[folder.folder] = index
            texts = {file.path: file.text for file in snapshot.python_files() if file.text is not None}
            for found in find_symbols(query, folder.folder, index, texts, self._surroundings.encoding):
                if left == 0:
                    return
                left -= 1
                yield found

    def _snapshot(self, folder: FolderDesk) -> Snapshot | None:
        texts = {path: buffer.text for path, buffer in folder.buffers().items()}
        try:
            return read_snapshot(
                folder.root,
                buffers=texts,
                exclude=folder.configuration.settings.exclude,
                home=self._surroundings.home,
            )
        except (WorkspaceRefused, FileNotEditable):
            return None

    def _trust(self, folder: FolderDesk) -> None:
        if self._surroundings.state_dir is None:
            raise CanNotAnswer("There is no state directory, so trust can't be remembered.")
        try:
            TrustStore(self._surroundings.state_dir, self._surroundings.home).trust(folder.root)
        except (TrustRefused, StateUnavailable) as error:
            raise CanNotAnswer(str(error)) from error
        folder.trust()
