"""`python -m bench.injected.choose`: choose the bugs by the rule of README.md and write `bugs.toml`.

The engine is not run here, and what it could do has no part in the choice.
"""

import argparse
import dataclasses
import hashlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.injected.mutator import LARGE, SMALL, Change, changes, tokens_changed
from bench.real.bugs import ONE_HUNK, Bug, Edit, load_bugs, reintroduce
from bench.real.prepare import CannotPrepareError, Place, fresh_copy, prepare
from bench.real.suite import run_suite

LIST = Path(__file__).with_name("bugs.toml")
INJECTED = "injected"
SEED = 20261127
LIBRARIES = (
    *("xmltodict", "schema", "funcy", "voluptuous", "pathspec"),
    *("cachetools", "pluggy", "tabulate", "idna"),
)
PER_LIBRARY = 7
# With more than so many failing tests a bug is one that nobody commits.
MOST_FAILING = 20
TRIES = 60
SECONDS = 90
NOT_SOURCE = ("test", "docs", "example", "bench", "setup.py", "conftest", "noxfile", "tools")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=LIBRARIES, help="this library alone (may be repeated)"
    )
    parser.add_argument("--out", type=Path, default=LIST)
    options = parser.parse_args(arguments)
    known = {bug.name: bug for bug in load_bugs() if bug.list == ONE_HUNK}
    for name in options.only or LIBRARIES:
        library = dataclasses.replace(known[name], list=INJECTED, commit="", edits=(), tests=())
        for bug in chosen(library, prepare(library)):
            with options.out.open("a", encoding="utf-8") as out:
                out.write(as_toml(bug))
            print(bug.name, bug.file, bug.about, len(bug.tests), flush=True)
    return 0


def chosen(library: Bug, place: Place) -> Iterator[Bug]:
    """Bugs of one library: kinds by turns, places at random, none twice in a function."""
    fresh_copy(library, place, buggy=False)
    if run_suite(place.python, place.work, seconds=SECONDS).exit_code != 0:
        raise CannotPrepareError(f"{library.name}'s own suite does not pass as it is.")
    rng = random.Random(f"{SEED} {library.name}")
    pool = list(_pool(place))
    used: set[tuple[str, str]] = set()
    found = 0
    for _ in range(TRIES):
        kind = rng.choice(SMALL if found % 5 in (1, 3) else LARGE)
        candidates = [
            each for each in pool if each[1].kind == kind and (each[0], each[1].function) not in used
        ]
        if not candidates:
            continue
        file, change = rng.choice(candidates)
        bug = _bug(library, place, file, change)
        if bug is None or not (failing := _failing(place)):
            continue
        used.add((file, change.function))
        found += 1
        yield dataclasses.replace(bug, tests=failing)
        if found == PER_LIBRARY:
            return


def _pool(place: Place) -> Iterator[tuple[str, Change]]:
    for path in sorted(place.fixed.rglob("*.py")):
        file = str(path.relative_to(place.fixed))
        if not any(part.startswith(NOT_SOURCE) for part in Path(file).parts):
            text = path.read_bytes().decode("utf-8")
            yield from ((file, change) for change in changes(text))


def _bug(library: Bug, place: Place, file: str, change: Change) -> Bug | None:
    """None where what it gives is no program, or the same one, or where it can't be told in edits."""
    text = (place.fixed / file).read_bytes().decode("utf-8")
    after = change.apply(text)
    try:
        compile(after, file, "exec")
        tokens = tokens_changed(text, after)
    except SyntaxError:
        return None
    edits = tuple(edit_of(text, span) for span in change.spans)
    two = len(change.spans) > 1 and edits[0].lines[1] >= edits[1].lines[0]
    if not tokens or two or (change.kind in LARGE and tokens < 2):
        return None
    digest = hashlib.sha256(after.encode("utf-8")).hexdigest()
    about = f"{change.kind}: {change.about} in {change.function}"
    bug = dataclasses.replace(library, file=file, edits=edits, buggy_digest=digest, about=about)
    fresh_copy(library, place, buggy=False)
    reintroduce(place.work, bug)
    return bug


def edit_of(text: str, span: tuple[int, int, str]) -> Edit:
    """The change in the words of the list: the fixed text is made long enough to occur once in its lines."""
    start, end, new = span
    first = text.count("\n", 0, start) + 1
    last = text.count("\n", 0, max(start, end - 1)) + 1
    lines = text.splitlines(keepends=True)
    region = "".join(lines[first - 1 : last])
    begin = sum(map(len, lines[: first - 1]))
    left, right = start - begin, end - begin
    low, high = left, right
    while low == high or region.count(region[low:high]) != 1:
        low, high = max(0, low - 1), min(len(region), high + 1)
    return Edit((first, last), region[low:high], region[low:left] + new + region[right:high])


def _failing(place: Place) -> tuple[str, ...]:
    """The tests that fail with the bug in two runs; none where too many do, or where the suite breaks off."""
    first = run_suite(place.python, place.work, "-x", seconds=SECONDS)
    if first.exit_code != 1:
        return ()
    run = run_suite(place.python, place.work, seconds=SECONDS)
    if run.exit_code != 1 or not set(first.failing) <= set(run.failing):
        return ()
    passing = "passed" in run.outcomes.values()
    return tuple(sorted(run.failing)) if passing and len(run.failing) <= MOST_FAILING else ()


def as_toml(bug: Bug) -> str:
    named = ("list", "name", "version", "sdist", "sha256", "commit", "about", "file", "buggy_digest")
    words = ["[[bug]]", *(f"{name} = {_quoted(getattr(bug, name))}" for name in named)]
    words += ["editable = true"] if bug.editable else []
    listed = ("requires", "build_with", "tests")
    words += [f"{name} = {_quoted(list(getattr(bug, name)))}" for name in listed if getattr(bug, name)]
    for edit in bug.edits:
        words += ["", "[[bug.edit]]", f"lines = {list(edit.lines)}"]
        words += [f"fixed = {_quoted(edit.fixed)}", f"buggy = {_quoted(edit.buggy)}"]
    return "\n".join(words) + "\n\n"


def _quoted(value: object) -> str:
    """JSON's strings and lists are TOML's, too."""
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
