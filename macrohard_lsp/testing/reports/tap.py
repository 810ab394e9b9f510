"""Reads TAP 13 and 14: test points, directives, subtests, YAML diagnostics, plans, bail-outs.

Other lines are no TAP: programs print what they like between test points. A test with subtests is a container, and
counts itself only where it failed by something of its own.
"""

import re
from dataclasses import dataclass, field

from macrohard_lsp.core.testrun import Outcome
from macrohard_lsp.testing.reports.model import (
    DEEPEST,
    MOST_NAME,
    MOST_TESTS,
    MOST_TEXT,
    BadReport,
    Report,
    ReportedTest,
    line_number,
    number,
)
from macrohard_lsp.testing.reports.tap_yaml import parse_diagnostics

SUBTEST_INDENT = 4
MOST_COMMENTS = 200
CHILDREN_FAILED = frozenset({"subtestsFailed"})
"""How Node says that a test failed by nothing but its subtests."""

_POINT = re.compile(r"(not )?ok(?:\s+(\d{1,9}))?(?:\s+(.*))?$")
_PLAN = re.compile(r"1\.\.(\d{1,9})(?:\s*#\s*(.*))?$")
_BAIL = re.compile(r"Bail out!\s*(.*)$", re.IGNORECASE)
_DIRECTIVE = re.compile(r"(?<!\\)#\s*(skip\S*|todo)\b[\s:-]*(.*)$", re.IGNORECASE)
_TIME = re.compile(r"(?<!\\)#\s*time=\S*\s*$")
"""node-tap's, which changes from run to run and is no part of the name."""
_LOCATION = re.compile(r"(.+?):(\d{1,8})(?::\d{1,8})?$")


@dataclass(slots=True)
class _Point:
    ok: bool
    name: str
    directive: str = ""
    reason: str = ""
    yaml: list[str] = field(default_factory=list[str])
    before: str = ""
    after: list[str] = field(default_factory=list[str])
    children: "list[_Point]" = field(default_factory=list["_Point"])


@dataclass(slots=True)
class _Level:
    """Test points of one depth, up to the point that closes them."""

    points: list[_Point] = field(default_factory=list[_Point])
    planned: int | None = None


def parse_tap(text: str) -> Report:
    """Raises BadReport where there is nothing of TAP in it."""
    reading = _Reading()
    for line in text.split("\n"):
        reading.take(line.rstrip("\r"))
    return reading.report()


class _Reading:
    def __init__(self) -> None:
        self._levels: list[_Level] = [_Level()]
        self._yaml: tuple[int, _Point] | None = None
        self._failed: _Point | None = None
        self._comments: list[str] = []
        self._count = 0
        self._problem: str | None = None
        self._version = False
        self._bailed = False

    def take(self, line: str) -> None:
        if self._bailed:
            return
        stripped = line.lstrip(" ")
        indent = len(line) - len(stripped)
        if self._yaml is not None and self._take_yaml(line, stripped, indent):
            return
        level = indent // SUBTEST_INDENT
        if stripped.startswith("# Subtest"):
            self._failed = None
        elif stripped.startswith("#"):
            self._take_comment(stripped[1:].removeprefix(" "))
        elif stripped.startswith("---") and indent % SUBTEST_INDENT == 2:
            last = self._last(level)
            self._yaml = (indent, last) if last is not None else None
            self._failed = None
        elif (
            indent % SUBTEST_INDENT or level >= DEEPEST or not self._take_test_line(stripped, level)
        ) and self._failed is not None:
            self._take_comment(stripped)

    def _take_comment(self, text: str) -> None:
        """What follows a failure without diagnostics explains it; what comes otherwise belongs to what comes next."""
        kept = self._failed.after if self._failed is not None else self._comments
        if len(kept) < MOST_COMMENTS:
            kept.append(text[:MOST_TEXT])

    def _take_test_line(self, line: str, level: int) -> bool:
        """False where the line is no TAP."""
        if (point := _POINT.match(line)) is not None:
            self._add(level, point)
        elif (plan := _PLAN.match(line)) is not None:
            self._level(level).planned = int(plan[1])
        elif (bail := _BAIL.match(line)) is not None:
            self._bailed = True
            self._problem = f"the command gave up: {bail[1].strip() or 'Bail out!'}"
        elif line.startswith("TAP version ") and level == 0:
            self._version = True
        else:
            return False
        return True

    def _take_yaml(self, line: str, stripped: str, indent: int) -> bool:
        """Whether the line belongs to the diagnostics that have begun."""
        assert self._yaml is not None
        depth, point = self._yaml
        if stripped.rstrip() == "..." and indent == depth:
            self._yaml = None
            return True
        if stripped and indent < depth:
            # A block that nobody closed.
            self._yaml = None
            return False
        if len(point.yaml) < MOST_TEXT:
            point.yaml.append(line[depth:][:MOST_TEXT])
        return True

    def _level(self, number: int) -> _Level:
        while len(self._levels) <= number:
            self._levels.append(_Level())
        return self._levels[number]

    def _last(self, level: int) -> _Point | None:
        points = self._levels[level].points if level < len(self._levels) else []
        return points[-1] if points else None

    def _add(self, level: int, found: re.Match[str]) -> None:
        self._count += 1
        if self._count > MOST_TESTS:
            self._problem = f"the report has more than {MOST_TESTS} tests, and only these were read"
            return
        name, directive, reason = _described(found[3] or "")
        point = _Point(found[1] is None, name or f"test {found[2] or self._count}", directive, reason)
        point.before = "\n".join(self._comments)
        self._failed = None if point.ok else point
        self._comments.clear()
        deeper = self._levels[level + 1 :]
        del self._levels[level + 1 :]
        if deeper and deeper[0].points:
            point.children = deeper[0].points
            self._check_plan(deeper[0], point.name)
        self._level(level).points.append(point)

    def _check_plan(self, level: _Level, where: str) -> None:
        ran = len(level.points)
        if self._problem is None and level.planned is not None and level.planned != ran:
            of = f" of {where}" if where else ""
            self._problem = f"{level.planned} tests{of} were planned and {ran} reported"

    def report(self) -> Report:
        top = self._levels[0]
        if not top.points and top.planned is None and not self._version and not self._bailed:
            raise BadReport("holds no TAP: neither a test line (`ok`, `not ok`) nor a plan (`1..N`)")
        if self._problem is None and any(level.points for level in self._levels[1:]):
            self._problem = "the report ends within a subtest"
        if self._problem is None and top.planned is None:
            self._problem = "the report has no plan (`1..N`), so it was cut short"
        self._check_plan(top, "")
        tests: list[ReportedTest] = []
        for point in top.points:
            _flatten(point, (), tests)
        return Report(tuple(tests), self._problem)


def _described(text: str) -> tuple[str, str, str]:
    """The name of a test point, its directive (`skip`, `todo`, or empty), and the reason."""
    text = _TIME.sub("", text).strip()
    directive = reason = ""
    if (found := _DIRECTIVE.search(text)) is not None:
        directive, reason = found[1].lower()[:4], found[2].strip()
        text = text[: found.start()].strip()
    name = re.sub(r"^-\s+|^-$", "", text)
    return re.sub(r"\\([#\\])", r"\1", name)[:MOST_NAME], directive, reason[:MOST_NAME]


def _flatten(point: _Point, outer: tuple[str, ...], into: list[ReportedTest]) -> None:
    names = (*outer, point.name)
    begun = len(into)
    for child in point.children:
        _flatten(child, names, into)
    failed_inside = any(test.outcome is Outcome.FAILED for test in into[begun:])
    told = parse_diagnostics(point.yaml)
    own_failure = told.get("failureType", "subtestsFailed") not in CHILDREN_FAILED
    if point.children and (point.ok or point.directive or (failed_inside and not own_failure)):
        return
    into.append(_test(point, names, told))


def _test(point: _Point, names: tuple[str, ...], told: dict[str, str]) -> ReportedTest:
    outcome = _outcome(point)
    seconds = number(told.get("duration_ms", "")) / 1000 or number(told.get("duration", ""))
    if outcome is not Outcome.FAILED:
        return ReportedTest(names, outcome, seconds, message=point.reason)
    file, line = _place(told, "location")
    at, at_line = _place(told, "at")
    stack = told.get("stack", "")
    return ReportedTest(
        names=names,
        outcome=outcome,
        seconds=seconds,
        file=file,
        line=line,
        exception=told.get("name", ""),
        message=_message(point, told)[:MOST_TEXT],
        text=(stack or "\n".join(point.after) or point.before)[:MOST_TEXT],
        failure_file=told.get("at.file", at),
        failure_line=line_number(told.get("at.line", "")) or at_line,
    )


def _message(point: _Point, told: dict[str, str]) -> str:
    said = told.get("error") or told.get("message") or told.get("found") or ""
    if said and not told.get("stack"):
        # Node says only that a file failed; why is in what the file printed before.
        first = next((line for line in point.before.split("\n") if re.search(r"\w*Error\b", line)), "")
        return f"{said}\n{first}".strip()
    if not said and "expected" in told:
        return f"expected {told['expected']}, actual {told.get('actual', '')}"
    return said or "\n".join(point.after).strip() or point.before.strip()


def _place(told: dict[str, str], key: str) -> tuple[str, int]:
    found = _LOCATION.match(told.get(key, ""))
    return (found[1], int(found[2])) if found is not None else ("", 0)


def _outcome(point: _Point) -> Outcome:
    match point.directive:
        case "skip":
            return Outcome.SKIPPED
        case "todo":
            return Outcome.XPASSED if point.ok else Outcome.XFAILED
        case _:
            return Outcome.PASSED if point.ok else Outcome.FAILED
