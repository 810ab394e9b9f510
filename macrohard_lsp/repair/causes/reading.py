"""What an exception says was missing, and where: its text and its stack, read."""

import re
from dataclasses import dataclass
from enum import StrEnum

from macrohard_lsp.core.testrun import Ending, TestResult


class CauseKind(StrEnum):
    NAME = "name"
    LOCAL = "local"
    IMPORTED_NAME = "imported-name"
    MODULE = "module"
    MODULE_ATTRIBUTE = "module-attribute"
    ATTRIBUTE = "attribute"
    KEYWORD = "keyword"
    MISSING_ARGUMENTS = "missing-arguments"
    TOO_MANY_ARGUMENTS = "too-many-arguments"
    EXPECTED_CALL = "expected-call"
    NOT_AWAITED = "not-awaited"
    NOT_AWAITABLE = "not-awaitable"
    KEY = "key"
    SYNTAX = "syntax"
    FIXTURE = "fixture"


@dataclass(frozen=True, slots=True)
class Cause:
    """`name` is what is missing; `owner` the class, module or function it was sought in; `names` where it is several,
    and the arguments that a mock expected and those it was called with.

    `path` and `line` are the innermost place of the stack that lies in the workspace, `message` the first line of
    what the exception says. `test` is the id of the test, or of the file that can't be collected.
    """

    kind: CauseKind
    name: str
    owner: str
    path: str
    line: int
    message: str
    test: str
    names: tuple[str, ...] = ()


_NAME = r"'(?P<name>[^'\n]+)'"
_ATTRIBUTE_SHAPES = (
    rf"module '(?P<owner>[\w.]+)' has no attribute {_NAME}",
    rf"'module' object at import path '(?P<owner>[\w.]+)' has no attribute {_NAME}",
    rf"<module '(?P<owner>[\w.]+)'.*> does not have the attribute {_NAME}",
)

# In this order: the first that fits says what it is. The kinds of exception are its last names.
_SHAPES: tuple[tuple[CauseKind, str, tuple[str, ...]], ...] = (
    (CauseKind.NAME, "NameError", (rf"name {_NAME} is not defined",)),
    (
        CauseKind.LOCAL,
        "UnboundLocalError",
        (rf"cannot access local variable {_NAME}", rf"local variable {_NAME} referenced before assignment"),
    ),
    (
        CauseKind.IMPORTED_NAME,
        "ImportError",
        (rf"cannot import name {_NAME} from '(?P<owner>[\w.]+)'",),
    ),
    (CauseKind.MODULE, "ModuleNotFoundError ImportError", (rf"No module named {_NAME}",)),
    (CauseKind.MODULE_ATTRIBUTE, "AttributeError", _ATTRIBUTE_SHAPES),
    (
        CauseKind.NOT_AWAITED,
        "AttributeError TypeError",
        (
            r"'coroutine' object (?:has no attribute|is not|does not)",
            r"unsupported operand type.*'coroutine'",
            r"'[<>=]+' not supported between instances of .*'coroutine'",
            r"cannot unpack non-iterable coroutine object",
            r"object of type 'coroutine' has no",
        ),
    ),
    (
        CauseKind.ATTRIBUTE,
        "AttributeError",
        (
            rf"'(?P<owner>\w+)' object has no attribute {_NAME}",
            rf"type object '(?P<owner>\w+)' has no attribute {_NAME}",
        ),
    ),
    (
        CauseKind.NOT_AWAITABLE,
        "TypeError",
        (r"object \S+ can't be used in 'await' expression", r"'\w+' object can't be awaited"),
    ),
    (
        CauseKind.KEYWORD,
        "TypeError",
        (rf"(?P<owner>[\w.<>]+)\(\) got an unexpected keyword argument {_NAME}",),
    ),
    (
        CauseKind.MISSING_ARGUMENTS,
        "TypeError",
        (
            r"(?P<owner>[\w.<>]+)\(\) missing \d+ required (?:positional|keyword-only) arguments?: (?P<names>.+)",
        ),
    ),
    (
        CauseKind.TOO_MANY_ARGUMENTS,
        "TypeError",
        (
            r"(?P<owner>[\w.<>]+)\(\) takes (?:from \d+ to )?(?P<taken>\d+) positional arguments? but "
            r"(?P<given>\d+) (?:were|was) given",
            r"(?P<owner>[\w.<>]+)\(\) takes no arguments",
        ),
    ),
    (
        CauseKind.EXPECTED_CALL,
        "AssertionError",
        (
            r"expected call not found\.\s+Expected: (?P<owner>[\w.]+)\((?P<expected>.*)\)\n"
            r"\s*Actual: (?P=owner)\((?P<actual>.*)\)",
        ),
    ),
    (CauseKind.KEY, "KeyError", (rf"KeyError: {_NAME}", rf"^{_NAME}$")),
    (CauseKind.SYNTAX, "SyntaxError IndentationError TabError", ("",)),
    (CauseKind.FIXTURE, "", (rf"fixture {_NAME} not found",)),
)

# The words of these name what was sought, wherever the code that sought it stands.
_SAID_FROM_ELSEWHERE = frozenset(
    {CauseKind.IMPORTED_NAME, CauseKind.MODULE, CauseKind.MODULE_ATTRIBUTE, CauseKind.KEYWORD}
    | {CauseKind.MISSING_ARGUMENTS, CauseKind.TOO_MANY_ARGUMENTS, CauseKind.SYNTAX, CauseKind.EXPECTED_CALL}
)
_QUOTED = re.compile(r"'(\w+)'")


def read_cause(result: TestResult) -> Cause | None:
    """The cause that a broken result names; None where its words name none, or it lies outside of the workspace."""
    if result.ending is not Ending.NORMAL or not result.broken:
        return None
    exception = result.exception.rpartition(".")[2]
    for kind, exceptions, shapes in _SHAPES:
        if exceptions and exception not in exceptions.split():
            continue
        for shape in shapes:
            if match := re.search(shape, result.message):
                return _cause(kind, match, result)
    return None


def _cause(kind: CauseKind, match: re.Match[str], result: TestResult) -> Cause | None:
    own = [frame for frame in result.frames if frame.in_workspace]
    if kind is CauseKind.FIXTURE:
        own = [result.defined_at] if result.defined_at is not None and result.defined_at.in_workspace else []
    elif kind not in _SAID_FROM_ELSEWHERE and (not own or result.frames[-1] != own[-1]):
        return None
    if not own:
        return None
    said = match.groupdict()
    names = tuple(_QUOTED.findall(said.get("names") or ""))
    if kind is CauseKind.TOO_MANY_ARGUMENTS:
        names = (said.get("taken") or "0", said.get("given") or "")
    elif kind is CauseKind.EXPECTED_CALL:
        names = (said.get("expected") or "", said.get("actual") or "")
    return Cause(
        kind,
        said.get("name") or next(iter(names), ""),
        said.get("owner") or "",
        own[-1].path,
        max(own[-1].line, 1),
        result.message.partition("\n")[0],
        result.id,
        names,
    )
