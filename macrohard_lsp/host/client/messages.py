"""What server and host say to each other. Plain data; folders are absolute paths, files relative to their folder.

`Order`s get no answer. A `Question` gets exactly one: the type its docstring names, or a refusal with a sentence.
What the host says of its own accord is in `events`. Positions are in the encoding that `Greet` named, so that the
server converts none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.core.tier import Tier


@dataclass(frozen=True, slots=True)
class Span:
    """Lines and characters from 0, the end not included."""

    start_line: int
    start_character: int
    end_line: int
    end_character: int


# --- orders: server to host, no answer ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Greet:
    """The first message: how the editor counts characters."""

    encoding: PositionEncoding


@dataclass(frozen=True, slots=True)
class SetFolder:
    """A workspace folder is there, or has other settings now.

    `settings` is the section `macrohard` as the editor sent it. `trusted` None: nobody said, the state decides.
    `watched`: the editor tells what changes on disk.
    """

    folder: str
    settings: object
    trusted: bool | None
    watched: bool = False


@dataclass(frozen=True, slots=True)
class RemoveFolder:
    folder: str


@dataclass(frozen=True, slots=True)
class Buffer:
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class SyncBuffers:
    """The open documents that changed, by path; None for one that was closed."""

    folder: str
    buffers: Mapping[str, Buffer | None]


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """Files that were saved in the editor, or that changed on disk."""

    folder: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop one piece of work, or all."""

    work: str | None


Order = Greet | SetFolder | RemoveFolder | SyncBuffers | FilesChanged | Interrupt


# --- questions: server to host, one answer each ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunTests:
    """Answered by TestsDone when the run is over. `tests` empty: all of the folder."""

    folder: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestsDone:
    __test__ = False

    message: str
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class FindFixes:
    """Answered by FixesDone when the search is over."""

    folder: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FixesDone:
    """`offers` are the ids of what is offered now."""

    message: str
    status: str
    offers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResolveOffer:
    """Answered by ResolvedOffer: the edit against the buffers as they are now."""

    offer: str


@dataclass(frozen=True, slots=True)
class SpanEdit:
    span: Span
    new_text: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """What becomes of one file.

    `path` None: it is created, with `edits` holding its text. `new_path` None: it is deleted; another than `path`:
    renamed, then edited. `version` is the buffer's that `edits` count in, None for a file that isn't open.
    """

    path: str | None
    new_path: str | None
    version: int | None
    edits: tuple[SpanEdit, ...]


@dataclass(frozen=True, slots=True)
class ResolvedOffer:
    """`note` is a sentence about what changed since the proof, empty where nothing did."""

    folder: str
    title: str
    rationale: str
    files: tuple[ChangedFile, ...]
    note: str


@dataclass(frozen=True, slots=True)
class DismissOffer:
    """The person doesn't want this Fix: it is offered no more until a fix is asked for. Answered by None."""

    offer: str


@dataclass(frozen=True, slots=True)
class DescribeProof:
    """Answered by ProofText."""

    offer: str


@dataclass(frozen=True, slots=True)
class ProofText:
    """`path` is where the Markdown was written for editors to open, None where there is no place for it."""

    title: str
    markdown: str
    path: str | None


@dataclass(frozen=True, slots=True)
class Symbol:
    """`kind` is `function`, `method` or `class`."""

    name: str
    kind: str
    span: Span
    name_span: Span
    children: tuple["Symbol", ...] = ()


@dataclass(frozen=True, slots=True)
class TestPlace:
    """`span` is the line of the `def` or `class`."""

    __test__ = False

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class DescribeDocument:
    """Answered by DocumentDescription, from the buffer where there is one."""

    folder: str
    path: str


@dataclass(frozen=True, slots=True)
class DocumentDescription:
    symbols: tuple[Symbol, ...]
    tests: tuple[TestPlace, ...]


@dataclass(frozen=True, slots=True)
class FindSymbols:
    """Answered by a tuple of FoundSymbol, at most 200, best first."""

    query: str


@dataclass(frozen=True, slots=True)
class FoundSymbol:
    folder: str
    path: str
    name: str
    container: str
    kind: str
    span: Span


@dataclass(frozen=True, slots=True)
class GrantTrust:
    """The person trusts the folder from now on. Answered by None."""

    folder: str


@dataclass(frozen=True, slots=True)
class AskStatus:
    """Answered by a tuple of FolderStatus."""


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """`state` is `idle` or `busy`, `text` the last result, `problem` the sentence for what can't be done."""

    folder: str
    tier: Tier | None
    interpreter: str | None
    trusted: bool
    state: str
    text: str
    problem: str | None


Question = (
    RunTests
    | FindFixes
    | ResolveOffer
    | DismissOffer
    | DescribeProof
    | DescribeDocument
    | FindSymbols
    | GrantTrust
    | AskStatus
)


# --- envelopes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    id: int
    question: Question


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Nobody waits for the answer any more: what was started for the question alone stops."""

    id: int


@dataclass(frozen=True, slots=True)
class Answered:
    id: int
    answer: object


@dataclass(frozen=True, slots=True)
class Refused:
    """The question can't be answered; `reason` is a sentence that says what to do next."""

    id: int
    reason: str
