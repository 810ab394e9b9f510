"""The settings there are. Few on purpose: nothing has to be set for the main job."""

import os
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from macrohard_lsp.core.testcommand import ReportKind
from macrohard_lsp.core.tier import Tier

MOST_JOBS = 64
_JOBS_BY_DEFAULT = 4
_DAY = 86_400.0

MOST_PORTS = 32
MOST_NAMED = 100
MOST_COMMANDS = 20

_Texts = Annotated[tuple[str, ...], Field(strict=False)]
_Paths = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False, max_length=MOST_NAMED)
]
_Names = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")], ...],
    Field(strict=False, max_length=MOST_NAMED),
]
_Ports = Annotated[
    tuple[Annotated[int, Field(ge=1, le=65_535)], ...], Field(strict=False, max_length=MOST_PORTS)
]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class RunWhen(StrEnum):
    """When an editor's user has the tests of what changed run: on saving, also after a pause in typing, or never."""

    SAVE = "save"
    TYPE = "type"
    MANUAL = "manual"


class OnOpen(StrEnum):
    """What of a folder's tests runs when an editor opens it."""

    FAILURES = "failures"
    ALL = "all"
    NOTHING = "nothing"


class Switch(StrEnum):
    ON = "on"
    OFF = "off"
    AUTO = "auto"


def _inside(path: str) -> str:
    if PurePosixPath(path).is_absolute() or path.startswith("~") or ".." in PurePosixPath(path).parts:
        raise PydanticCustomError("inside_folder", "a path inside the folder, without `..`")
    return path


_Inside = Annotated[str, AfterValidator(_inside)]


class CommandSettings(_Table):
    """A command that runs tests and reports on them: `command` is a list of arguments, started in `directory`.

    `report` is a file or a pattern, relative to `directory`; left out, it is what the command prints. `name` is what
    people read. `timeout_seconds` is for the whole run.
    """

    command: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(strict=False, min_length=1, max_length=MOST_NAMED),
    ]
    kind: Annotated[ReportKind, Field(strict=False)]
    report: _Inside = ""
    directory: _Inside = ""
    name: str | None = None
    timeout_seconds: Annotated[float, Field(gt=0, le=_DAY)] = 900.0


class TestSettings(_Table):
    """`arguments` are added to pytest's command line. `timeout_seconds` is for one test. `run`, `on_open` and
    `start_ahead` are for editors. `commands` run beside what is detected; with `detect` false nothing else does.
    """

    __test__ = False

    run: Annotated[RunWhen, Field(strict=False)] = RunWhen.SAVE
    on_open: Annotated[OnOpen, Field(strict=False)] = OnOpen.FAILURES

    arguments: _Texts = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=_DAY)] = 60.0
    start_ahead: bool = True
    commands: Annotated[tuple[CommandSettings, ...], Field(strict=False, max_length=MOST_COMMANDS)] = ()
    detect: bool = True


class FixSettings(_Table):
    """`jobs` None lets the program choose (see `jobs_or_default`). The same `seed` gives the same search.

    `automatic` is for editors: whether a fix is looked for as soon as a test is seen to fail.
    """

    automatic: bool = True
    budget_seconds: Annotated[float, Field(gt=0, le=_DAY)] = 60.0
    jobs: Annotated[int | None, Field(ge=1, le=MOST_JOBS)] = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @property
    def jobs_or_default(self) -> int:
        """How many workers search at once: as asked, else one for each core there is to use, up to four."""
        return self.jobs or min(len(os.sched_getaffinity(0)), _JOBS_BY_DEFAULT)


class SandboxSettings(_Table):
    """What the tests of a project really need and a Machine does not give by itself.

    `read` and `write` are paths outside the workspace folder: absolute, beginning with `~/`, or relative to the
    folder. What is written below `write` is written for real. `environment` are names of variables to pass
    on, `ports` those of the computer's own loopback to be reachable inside, and `network` is all of it.
    """

    read: _Paths = ()
    write: _Paths = ()
    environment: _Names = ()
    ports: _Ports = ()
    network: bool = False


class Settings(_Table):
    """`interpreter` is a path, an environment or a program's name; None has one looked for. `tier` None
    leaves it to the program. `exclude` are patterns as in .gitignore. `lenses` and `symbols` are what an editor
    is given beside diagnostics and fixes; `symbols` AUTO leaves them out where another server gives them by custom.
    """

    interpreter: Annotated[str | None, Field(min_length=1)] = None
    tier: Annotated[Tier | None, Field(strict=False)] = None
    test: TestSettings = TestSettings()
    fix: FixSettings = FixSettings()
    sandbox: SandboxSettings = SandboxSettings()
    exclude: _Texts = ()
    lenses: bool = True
    symbols: Annotated[Switch, Field(strict=False)] = Switch.AUTO
