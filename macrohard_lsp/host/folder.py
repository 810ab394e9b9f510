"""One workspace folder: what the editor says of it, the work that follows, and what is known of its tests."""

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from macrohard_lsp.core.finding import Severity
from macrohard_lsp.core.proposal import Proposal
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.engine.decisions import accept, dismiss
from macrohard_lsp.host.book import ResultBook
from macrohard_lsp.host.client.events import FindingsChanged, OffersChanged, Said, SettingsRead
from macrohard_lsp.host.client.messages import (
    Buffer,
    FilesChanged,
    SetFolder,
    SyncBuffers,
)
from macrohard_lsp.host.configuration import configure
from macrohard_lsp.host.offers import OfferShelf
from macrohard_lsp.host.placing import Placer
from macrohard_lsp.host.present import Present
from macrohard_lsp.host.queue import Work, WorkKind, WorkQueue
from macrohard_lsp.host.status import StatusBoard
from macrohard_lsp.host.surroundings import Send, Surroundings
from macrohard_lsp.host.sweep import Sweep
from macrohard_lsp.host.working import Worker
from macrohard_lsp.settings.model import OnOpen, RunWhen
from macrohard_lsp.testing.reports.places import INSTALLED

PAUSE_SECONDS = 1.0
"""How long nothing is typed before it counts as a pause."""
OTHER_LANGUAGES = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx", ".go", ".rs")
"""Endings of files that are only of interest where a command runs tests that are not Python's."""
STORM_SECONDS = 0.1
"""Files that change within this time of one another are one change."""
FIRST_SECONDS = 0.01
"""How long the first change after some peace waits for others."""
PEACE_SECONDS = 1.0
ANY = ""
"""Stands for files that nobody named."""


class FolderDesk:
    """Orders come from one thread; the work of the folder is done in its queue's."""

    def __init__(self, order: SetFolder, surroundings: Surroundings, send: Send) -> None:
        self.folder = order.folder
        self.root = Path(order.folder).resolve()
        self.surroundings = surroundings
        self.send = send
        self._lock = threading.RLock()
        self._buffers: dict[str, Buffer] = {}
        self._timer: threading.Timer | None = None
        self._pending: set[str] = set()
        self._last_change = 0.0
        self._sequence = 0
        self._offered: OffersChanged | None = None
        self.configuration = configure(order, None, surroundings, send)
        self.book = ResultBook()
        self.shelf = OfferShelf(surroundings.encoding)
        self.status = StatusBoard(order.folder, send)
        self.worker = Worker(self)
        self.queue = WorkQueue(self.folder, self.worker.carry_out)
        self._sweep = None if order.watched else Sweep(self.root, lambda: self.worker.newest, self._swept)
        self._tell_settings()
        if self.configuration.settings.test.on_open is not OnOpen.NOTHING:
            self.queue.put(Work(WorkKind.OPENED))

    # --- what the editor says -----------------------------------------------------------------------------

    def configure(self, order: SetFolder) -> None:
        before = self.configuration
        self.configuration = configure(order, before, self.surroundings, self.send)
        self._tell_settings()
        if self.configuration != before:
            # Another interpreter or isolation can make every result another one.
            self.worker.forget()
            self.queue.make_way()
            if self.configuration.settings.test.on_open is not OnOpen.NOTHING:
                self.queue.put(Work(WorkKind.OPENED))

    def sync(self, order: SyncBuffers) -> None:
        with self._lock:
            for path, buffer in order.buffers.items():
                if buffer is not None:
                    self._buffers[path] = buffer
                elif self._buffers.pop(path, None) is not None:
                    self.book.closed(path)
        self.recheck()
        self.worker.standby.wake()
        if self.configuration.settings.test.run is RunWhen.TYPE and self._differs(tuple(order.buffers)):
            self._later(PAUSE_SECONDS, order.buffers)

    def files_changed(self, order: FilesChanged) -> None:
        self.recheck()
        if self.configuration.settings.test.run is RunWhen.MANUAL:
            return
        # What was saved before may be told only now, when more has been typed: that is not saved yet.
        if self._differs(order.paths, Present(self.root, {})) and self._differs(order.paths):
            now, last = time.monotonic(), self._last_change
            self._last_change = now
            self._later(FIRST_SECONDS if now - last > PEACE_SECONDS else STORM_SECONDS, order.paths)

    def trust(self) -> None:
        """The person has trusted the folder: what could not run before is tried again."""
        self.queue.put(Work(WorkKind.OPENED))

    def close(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        if self._sweep is not None:
            self._sweep.close()
        self.queue.close()
        self.worker.standby.close()

    # --- what the work needs, and what comes of it ----------------------------------------------------------

    def buffers(self) -> Mapping[str, Buffer]:
        with self._lock:
            return dict(self._buffers)

    @property
    def present(self) -> Present:
        return Present(self.root, self.buffers())

    def next_sequence(self) -> int:
        with self._lock:
            self._sequence += 1
            return self._sequence

    def offer(self, proposal: Proposal, placer: Placer) -> None:
        self.shelf.add(proposal, placer)
        self.publish()

    def dismiss(self, offer: str) -> None:
        """The person doesn't want this Fix. Raises CanNotAnswer where it isn't offered, or is none."""
        fix = self.shelf.dismiss(offer)
        self.log(dismiss(fix, self.root, self.surroundings.state_dir))
        self.publish()

    def recheck(self) -> None:
        """The text has moved on: an edit that is in it by now has been accepted, others may fit no more."""
        present = self.present
        applied = self.shelf.applied(present)
        self.log(accept(self.shelf.accepted(applied, present), self.root, self.surroundings.state_dir))
        for item in applied:
            if item.proposal.fixes and self._proven_text(item.placer.snapshot, item.paths, present):
                self.book.repaired(item.proposal.fixes)
            self.shelf.drop(lambda other, accepted=item: bool({*other.tests} & {*accepted.tests}))
            # What still runs unasked works on the text as it was, and would bring back what was just repaired.
            self.queue.make_way()
            self.publish()
            return
        if self.shelf.offers(present) != (self._offered.offers if self._offered else ()):
            self.publish()

    def publish(self) -> None:
        """Tell the server all Findings and offers there are."""
        with self._lock:
            self.send(FindingsChanged(self.folder, self.next_sequence(), self.book.findings()))
            self._offered = OffersChanged(self.folder, self.shelf.offers(self.present))
            self.send(self._offered)

    def log(self, notes: Iterable[str]) -> None:
        for note in notes:
            self.send(Said(Severity.INFORMATION, f"{self.folder}: {note}", shown=False))

    def _proven_text(self, proven: Snapshot, touched: tuple[str, ...], present: Present) -> bool:
        """Whether the open documents hold, but for what an accepted edit touched, what it was proven with."""
        others = (path for path in present.buffers if path not in touched)
        return all(
            (known := proven.get(path)) is not None
            and (now := present.file(path)) is not None
            and known.digest == now.digest
            for path in others
        )

    def _differs(self, paths: tuple[str, ...], present: Present | None = None) -> bool:
        """Whether one of the files (as `present` has them; None: as they are in the editor) is not what the newest
        work saw; in doubt it is.
        """
        seen = self.worker.newest
        if seen is None:
            return True
        present = present or self.present
        for path in filter(self._can_matter, paths):
            before, now = seen.get(path), present.file(path)
            if (before.digest if before else None) != (now.digest if now else None):
                return True
        return False

    def _can_matter(self, path: str) -> bool:
        """Whether a file may be one that tests depend on; what is installed in the folder changes in storms."""
        if not INSTALLED.isdisjoint(path.split("/")):
            return False
        return self.worker.runs_commands or not path.endswith(OTHER_LANGUAGES)

    def _swept(self, paths: tuple[str, ...]) -> None:
        """A folder among them means that a file came or went, which only reading the whole can tell."""
        files = tuple(path for path in paths if (self.root / path).is_file() or self._known(path))
        if len(files) < len(paths) and self.configuration.settings.test.run is not RunWhen.MANUAL:
            self._later(STORM_SECONDS, None)
        self.files_changed(FilesChanged(self.folder, files))

    def _known(self, path: str) -> bool:
        newest = self.worker.newest
        return newest is not None and newest.get(path) is not None

    def _later(self, seconds: float, paths: Iterable[str] | None) -> None:
        """Take up the change of these files once there is peace; None: in any case."""
        with self._lock:
            self._pending.update(paths if paths is not None else [ANY])
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(seconds, self._changed)
            self._timer.daemon = True
            self._timer.start()

    def _changed(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, set()
        # One saving may be told twice, by the editor and by who watches the files; the first has begun the work.
        if ANY not in pending and not self._differs(tuple(pending)):
            return
        self.queue.make_way()
        self.queue.put(Work(WorkKind.CHANGED))

    def _tell_settings(self) -> None:
        self.send(SettingsRead(self.folder, self.configuration.settings.lenses))
