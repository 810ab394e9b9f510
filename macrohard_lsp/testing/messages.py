"""What the reporter inside the user's interpreter says, checked as it comes in."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from macrohard_lsp.core.testrun import Frame, Wanted, WantedKind

FrameFields = tuple[str, int, str, bool]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)

    secret: str
    number: int


class Failure(BaseModel):
    model_config = ConfigDict(frozen=True)

    exception: str
    message: str
    frames: tuple[FrameFields, ...]
    wanted: tuple[tuple[str, str], ...] = ()


class Unusable(_Said):
    type: Literal["unusable"]
    reason: Literal["no-pytest", "old-pytest"]
    version: str = ""


class Waiting(_Said):
    """Everything but the user's own code is loaded; `loaded` are files of the workspace that are nevertheless."""

    type: Literal["waiting"]
    loaded: tuple[str, ...]


class SessionStarted(_Said):
    type: Literal["session"]
    rootdir: str
    inifile: str | None
    pytest: str
    plugins: tuple[str, ...]


class Collecting(_Said):
    type: Literal["collecting"]
    id: str


class CollectReport(_Said):
    type: Literal["collect-report"]
    id: str
    outcome: str
    failure: Failure | None


class Collected(_Said):
    type: Literal["collected"]
    tests: tuple[tuple[str, FrameFields | None], ...]


class Origins(_Said):
    type: Literal["origins"]
    modules: tuple[tuple[str, str, str], ...]


class Started(_Said):
    type: Literal["start"]
    id: str


class Phase(_Said):
    type: Literal["phase"]
    id: str
    phase: Literal["call", "teardown"]


class Report(_Said):
    type: Literal["report"]
    id: str
    phase: Literal["setup", "call", "teardown", "lost"]
    outcome: str
    expected: str | None
    seconds: float
    subtest: bool
    failure: Failure | None
    defined: FrameFields | None


class Ended(_Said):
    type: Literal["end"]
    id: str


Ranges = dict[str, tuple[tuple[int, int], ...]]


class Lines(_Said):
    """`files` are inclusive ranges of lines; `parts` the same by the line of the test that executed them."""

    type: Literal["lines"]
    id: str | None
    files: Ranges
    partial: bool
    parts: tuple[tuple[int, Ranges], ...] = ()


class Footprint(_Said):
    """`calls` are the first lines of the functions called, by file; `id` None is for what ran outside of tests."""

    type: Literal["footprint"]
    id: str | None
    calls: dict[str, tuple[int, ...]]
    opened: tuple[str, ...]
    listed: tuple[str, ...]
    starts: bool
    partial: bool
    loaded: tuple[str, ...]


class ConftestError(_Said):
    type: Literal["conftest-error"]
    path: str | None
    failure: Failure


class InternalError(_Said):
    type: Literal["internal-error"]
    message: str


class Interrupted(_Said):
    type: Literal["interrupt"]
    exception: str
    message: str


class Finished(_Said):
    type: Literal["finish"]
    status: int
    failed: int
    stopped: str


Message = (
    Unusable
    | Waiting
    | SessionStarted
    | Collecting
    | CollectReport
    | Collected
    | Origins
    | Started
    | Phase
    | Report
    | Ended
    | Lines
    | Footprint
    | ConftestError
    | InternalError
    | Interrupted
    | Finished
)

_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])


def parse_message(line: bytes | bytearray) -> Message:
    """Raises pydantic.ValidationError, which is a ValueError, for anything but a message."""
    return _ADAPTER.validate_json(line)


def wanted_of(failure: Failure) -> tuple[Wanted, ...]:
    """What is known of it; a kind that isn't comes from a program that speaks in the reporter's place."""
    kinds = frozenset(WantedKind)
    return tuple(Wanted(WantedKind(kind), name) for kind, name in failure.wanted if kind in kinds)


def frames_of(fields: tuple[FrameFields, ...]) -> tuple[Frame, ...]:
    return tuple(Frame(*frame) for frame in fields)
