"""The Proposals that can be accepted, and what became of them while the person went on typing."""

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from macrohard_lsp.core.apply import ChangeConflict, apply_changes
from macrohard_lsp.core.changeset import (
    ChangeSet,
    CreateFile,
    DeleteFile,
    FileChange,
    ModifyFile,
    RenameFile,
)
from macrohard_lsp.core.encoding import decode
from macrohard_lsp.core.finding import Location
from macrohard_lsp.core.proposal import Proposal, ProposalKind
from macrohard_lsp.core.rebase import rebase
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.text import LineIndex, PositionEncoding
from macrohard_lsp.host.client.events import Offer, PlacedText
from macrohard_lsp.host.client.messages import (
    ChangedFile,
    ResolvedOffer,
    Span,
    SpanEdit,
)
from macrohard_lsp.host.placing import Placer, span_of
from macrohard_lsp.host.present import Present
from macrohard_lsp.host.reply import CanNotAnswer

MOST_OFFERS = 30
"""Of one folder; the last in order make room."""
MOST_DISMISSED = 30
"""Of one folder; the first to be dismissed make room."""

_numbers = itertools.count(1)
_ASKED_OF_OTHER_TEXT = (
    "The file has changed since this was asked. Save it, and what is still open is asked again."
)
_ORDER = {ProposalKind.FIX: 0, ProposalKind.CHANGE: 1, ProposalKind.TEST_CHANGE: 2}


@dataclass(frozen=True, slots=True)
class Shelved:
    """`snapshot` holds the files that the Proposal touches, as they were when it was proven.

    `parts` are the Fixes that it joins; empty where it joins none.
    """

    id: str
    proposal: Proposal
    snapshot: Snapshot
    placer: Placer
    parts: tuple[Proposal, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return self.proposal.change_set.paths

    @property
    def tests(self) -> tuple[str, ...]:
        """Those it has to do with; a question repairs none of them."""
        return (*self.proposal.fixes, *self.proposal.concerns)

    @property
    def is_proven(self) -> bool:
        """A question to the person isn't, and stands only in the very text it was asked of."""
        return self.proposal.proof.headline is not None

    def is_of(self, snapshot: Snapshot) -> bool:
        """Whether the files it touches are there as they were."""
        return all(snapshot.get(path) == self.snapshot.get(path) for path in self.paths)

    def makes(self, change_set: ChangeSet, snapshot: Snapshot) -> bool:
        """Whether it is the same edit, or would be in these files, which may have changed around it."""
        try:
            return rebase(self.proposal.change_set, self.snapshot, snapshot) == change_set
        except ChangeConflict:
            return False


class OfferShelf:
    """The Proposals of one folder. Safe from several threads."""

    def __init__(self, encoding: PositionEncoding) -> None:
        self._encoding = encoding
        self._lock = threading.Lock()
        self._shelved: list[Shelved] = []
        self._dismissed: list[Shelved] = []
        self._counted: set[ChangeSet] = set()
        # By offer, the files as the edit last given out leaves them, where they had changed since it was proven.
        self._given_out: dict[str, Snapshot] = {}

    def add(self, proposal: Proposal, placer: Placer, parts: tuple[Proposal, ...] = ()) -> None:
        """Offer a Proposal made for the placer's Snapshot, unless it or one of the `parts` it joins was dismissed.

        One that makes the same edit as one before takes its place and its id.
        """
        files = placer.snapshot.files
        base = Snapshot(
            placer.snapshot.root,
            {path: files[path] for path in proposal.change_set.paths if path in files},
        )
        with self._lock:
            edits = [each.change_set for each in (proposal, *parts)]
            if any(old.makes(change_set, base) for old in self._dismissed for change_set in edits):
                return
            same = [old for old in self._shelved if old.proposal.change_set == proposal.change_set]
            name = same[0].id if same else f"offer-{next(_numbers)}"
            kept = [old for old in self._shelved if old not in same]
            shelved = Shelved(name, proposal, base, placer, parts)
            self._shelved = sorted([*kept, shelved], key=_rank)[:MOST_OFFERS]

    def order(self, proposals: Sequence[Proposal]) -> None:
        """Bring the Proposals of one search into the order in which the search ranked them in the end."""
        with self._lock:
            self._shelved.sort(
                key=lambda item: (
                    *_rank(item),
                    proposals.index(item.proposal) if item.proposal in proposals else len(proposals),
                )
            )

    def drop(self, unwanted: Callable[[Shelved], bool]) -> None:
        with self._lock:
            self._shelved = [item for item in self._shelved if not unwanted(item)]

    def dismiss(self, offer: str) -> Proposal:
        """Offer a Fix no more, nor what joins it with others. Raises CanNotAnswer."""
        item = self.get(offer)
        if item.proposal.kind is not ProposalKind.FIX:
            raise CanNotAnswer("Only a fix can be dismissed; leave what else is offered alone.")
        with self._lock:
            self._dismissed = [*self._dismissed, item][-MOST_DISMISSED:]
            self._shelved = [
                other
                for other in self._shelved
                if other.id != offer
                and all(part.change_set != item.proposal.change_set for part in other.parts)
            ]
        return item.proposal

    def readmit(self) -> None:
        """A fix is asked for: what was dismissed may be offered again."""
        with self._lock:
            self._dismissed.clear()

    def for_tests(self, tests: Iterable[str]) -> tuple[str, ...]:
        wanted = set(tests)
        with self._lock:
            return tuple(item.id for item in self._shelved if wanted.intersection(item.proposal.fixes))

    def offers(self, present: Present) -> tuple[Offer, ...]:
        """All, best first, each with whether it still fits the files as they are."""
        with self._lock:
            shelved = tuple(self._shelved)
        return tuple(self._offer(item, present) for item in shelved)

    def applied(self, present: Present) -> tuple[Shelved, ...]:
        """Those whose edit the files hold already, character for character."""
        with self._lock:
            shelved = tuple(self._shelved)
        return tuple(item for item in shelved if _is_applied(item, present))

    def accepted(self, applied: Iterable[Shelved], present: Present) -> tuple[Proposal, ...]:
        """The Fixes among those `applied`, and those that the files hold as they were last given out; each once."""
        with self._lock:
            moved = [(i, self._given_out[i.id]) for i in self._shelved if i.id in self._given_out]
        held = [*applied, *(item for item, after in moved if _holds(item, after, present))]
        fixes = [item.proposal for item in held if item.proposal.kind is ProposalKind.FIX]
        with self._lock:
            # What several are joined to counts for them.
            known = self._counted.union(part.change_set for item in held for part in item.parts)
            self._counted.update(known, (fix.change_set for fix in fixes))
        return tuple(fix for fix in fixes if fix.change_set not in known)

    def has(self, offer: str) -> bool:
        with self._lock:
            return any(item.id == offer for item in self._shelved)

    def get(self, offer: str) -> Shelved:
        """Raises CanNotAnswer."""
        with self._lock:
            found = next((item for item in self._shelved if item.id == offer), None)
        if found is None:
            raise CanNotAnswer("This fix is not offered any more: the tests have run again since.")
        return found

    def resolve(self, folder: str, offer: str, present: Present) -> ResolvedOffer:
        """The edit against the files as they are now. Raises CanNotAnswer with the reason where it doesn't fit."""
        item = self.get(offer)
        now = present.snapshot(item.paths)
        try:
            change_set = rebase(item.proposal.change_set, item.snapshot, now)
        except ChangeConflict as conflict:
            raise CanNotAnswer(f"This fix doesn't fit any more. {conflict}") from conflict
        moved = change_set != item.proposal.change_set
        if moved and not item.is_proven:
            raise CanNotAnswer(_ASKED_OF_OTHER_TEXT)
        note = "The files have changed since this was proven; the tests will tell." if moved else ""
        if moved:
            self._give_out(offer, apply_changes(now, change_set))
        files = tuple(self._changed(change, now, present) for change in _merged(change_set))
        return ResolvedOffer(folder, item.proposal.title, item.proposal.rationale, files, note)

    def _give_out(self, offer: str, after: Snapshot) -> None:
        with self._lock:
            offered = {item.id for item in self._shelved}
            self._given_out = {name: files for name, files in self._given_out.items() if name in offered}
            self._given_out[offer] = after

    def _offer(self, item: Shelved, present: Present) -> Offer:
        proposal, disabled, rebased = item.proposal, None, False
        try:
            moved = rebase(proposal.change_set, item.snapshot, present.snapshot(item.paths))
            rebased = moved != proposal.change_set
        except ChangeConflict as conflict:
            disabled = str(conflict)
        if rebased and not item.is_proven:
            disabled = _ASKED_OF_OTHER_TEXT
        preferred = proposal.kind is ProposalKind.FIX and proposal.ambiguous is False and not rebased
        return Offer(
            item.id,
            proposal.title,
            proposal.kind,
            preferred,
            item.tests,
            _places(item),
            disabled,
            rebased,
            proven=item.is_proven,
        )

    def _changed(self, change: "_Merged", now: Snapshot, present: Present) -> ChangedFile:
        match change.first:
            case CreateFile(path) as created:
                return ChangedFile(None, path, None, (SpanEdit(Span(0, 0, 0, 0), _text_of(created)),))
            case DeleteFile(path):
                return ChangedFile(path, None, present.version(path), ())
            case RenameFile(path, new_path):
                return ChangedFile(
                    path, new_path, present.version(path), self._edits(path, change.edits, now)
                )
            case ModifyFile(path):
                return ChangedFile(path, path, present.version(path), self._edits(path, change.edits, now))

    def _edits(self, path: str, change: ModifyFile | None, now: Snapshot) -> tuple[SpanEdit, ...]:
        file = now.get(path)
        if change is None or file is None or file.text is None:
            return ()
        index = LineIndex(file.text)
        return tuple(
            SpanEdit(span_of(index, edit.start, edit.end, self._encoding), edit.new_text)
            for edit in change.edits
        )


@dataclass(frozen=True, slots=True)
class _Merged:
    """A change and the edits made in the same file: those of a renamed file follow its rename."""

    first: FileChange
    edits: ModifyFile | None


def _merged(change_set: ChangeSet) -> list[_Merged]:
    renamed = {change.new_path for change in change_set.changes if isinstance(change, RenameFile)}
    edits = {change.path: change for change in change_set.changes if isinstance(change, ModifyFile)}
    merged: list[_Merged] = []
    for change in change_set.changes:
        if isinstance(change, ModifyFile):
            if change.path not in renamed:
                merged.append(_Merged(change, change))
        else:
            merged.append(
                _Merged(change, edits.get(change.new_path) if isinstance(change, RenameFile) else None)
            )
    return merged


def _is_applied(item: Shelved, present: Present) -> bool:
    return _holds(item, apply_changes(item.snapshot, item.proposal.change_set), present)


def _holds(item: Shelved, after: Snapshot, present: Present) -> bool:
    """Whether the files that an offer touches are as they are `after` it."""
    now = present.snapshot(item.paths)
    return all(
        (wanted := after.get(path)) == (found := now.get(path))
        or (wanted is not None and found is not None and wanted.digest == found.digest)
        for path in item.paths
    )


def _places(item: Shelved) -> tuple[PlacedText, ...]:
    """The first line of every edit, where a person would look for it."""
    places: list[PlacedText] = []
    for change in item.proposal.change_set.changes:
        index = item.placer.index(change.path)
        if isinstance(change, ModifyFile) and index is not None:
            places += (
                item.placer.text(Location(change.path, index.line_of(edit.start) + 1), "")
                for edit in change.edits
            )
    return tuple(places)


def _text_of(change: CreateFile) -> str:
    decoded = decode(change.data, change.path)
    if decoded.text is None or decoded.encoding != "utf-8":
        raise CanNotAnswer(f"{change.path} can't be written by an editor: {decoded.not_text or 'not UTF-8'}.")
    return decoded.text


def _rank(item: Shelved) -> tuple[int, int]:
    """Fixes first, test-changes last; what repairs more before what repairs less."""
    return _ORDER[item.proposal.kind], -len(item.proposal.fixes)
