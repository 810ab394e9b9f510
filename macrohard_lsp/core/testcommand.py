"""How tests are run: by one of the frameworks that are driven from inside, or by a command that writes a report."""

from dataclasses import dataclass
from enum import StrEnum


class Framework(StrEnum):
    """What runs a Python project's tests; each has a reporter of ours inside the user's interpreter."""

    PYTEST = "pytest"
    UNITTEST = "unittest"


class ReportKind(StrEnum):
    """In which form a command says how its tests ended."""

    JUNIT_XML = "junit-xml"
    TAP = "tap"


@dataclass(frozen=True, slots=True)
class ReportingCommand:
    """Any other test command: `argv` is started in `directory` (relative to the workspace folder, "" for itself).

    `report` is where the report is, relative to `directory`: a file, or a pattern in which `*` stands for part of a
    name and `**` for any folders; empty where it is what the command prints. `name` is what people read, and
    distinct among the commands of a folder. `configured` is the file of the workspace that asks for the command and
    `line` the line there, "" where it was asked for outside. `seconds` limits the whole run.
    """

    name: str
    argv: tuple[str, ...]
    kind: ReportKind
    report: str = ""
    directory: str = ""
    configured: str = ""
    line: int = 1
    seconds: float = 900.0
