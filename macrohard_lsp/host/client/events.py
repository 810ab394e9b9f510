"""What the host says of its own accord. See `messages` for the rest."""

from dataclasses import dataclass

from macrohard_lsp.core.finding import FindingKind, Severity
from macrohard_lsp.core.proposal import ProposalKind
from macrohard_lsp.host.client.messages import FolderStatus, Span


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A place with words. `version` is the buffer's that `span` counts in, None for the file on disk."""

    path: str
    span: Span
    version: int | None
    message: str


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A Finding where it is in its file."""

    kind: FindingKind
    severity: Severity
    at: PlacedText
    tests: tuple[str, ...]
    related: tuple[PlacedText, ...]


@dataclass(frozen=True, slots=True)
class FindingsChanged:
    """All Findings of a folder. A message with a smaller `sequence` than one before is late and says nothing."""

    folder: str
    sequence: int
    findings: tuple[PlacedFinding, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A Proposal that can be accepted.

    `places` are where it would edit. `disabled` is a sentence: why it doesn't fit any more, None while it does.
    `rebased` is set where the text has moved on since it was proven. A question to the person is not `proven`.
    """

    id: str
    title: str
    kind: ProposalKind
    preferred: bool
    tests: tuple[str, ...]
    places: tuple[PlacedText, ...]
    disabled: str | None = None
    rebased: bool = False
    proven: bool = True


@dataclass(frozen=True, slots=True)
class OffersChanged:
    """All offers of a folder, best first."""

    folder: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class WorkBegan:
    work: str
    folder: str
    title: str


@dataclass(frozen=True, slots=True)
class WorkReported:
    work: str
    message: str


@dataclass(frozen=True, slots=True)
class WorkEnded:
    work: str
    message: str


@dataclass(frozen=True, slots=True)
class StatusChanged:
    status: FolderStatus


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for a person. `shown` False: for the log only."""

    severity: Severity
    text: str
    shown: bool = True


@dataclass(frozen=True, slots=True)
class TrustWanted:
    """The folder's tests can't run unless the person trusts it; `reason` says why."""

    folder: str
    reason: str


@dataclass(frozen=True, slots=True)
class SettingsRead:
    """What of a folder's settings the server goes by."""

    folder: str
    lenses: bool


Event = (
    FindingsChanged
    | OffersChanged
    | WorkBegan
    | WorkReported
    | WorkEnded
    | StatusChanged
    | Said
    | TrustWanted
    | SettingsRead
)
