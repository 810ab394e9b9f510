"""`python -m bench.naturalness.run --data DIR`: would it help to try first what reads like the rest of the program?

Ranks the edit that is the fix among all edits of its function, by the cost that the search goes by and by that cost
with up to one unit more for what is strange in the file, or in the whole project. No program is run.
"""

import argparse
import ast
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from math import exp, log
from pathlib import Path
from statistics import fmean

from bench.injected.choose import LIST
from bench.naturalness.usage import NAT_COST, STRANGEST, Usage
from bench.real.bugs import load_bugs, put_back
from bench.real.prepare import fetch, unpack
from bench.repair.sets import load
from bench.repair.texts import without_docstrings
from bench.results import measured_on, replace_section
from macrohard_lsp.core.changeset import TextEdit
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.operators import candidates_for
from macrohard_lsp.repair.scope import SourceContext

MOST_CANDIDATES = 30_000
# Tokens written that count for as much as the strangest edit, where size alone is asked.
LONG = 20
PUBLISHED = {"quixbugs": "QuixBugs", "humanevalfix": ""}
WAYS = ("as it is", "and its size", "and the file", "and the project")
_LAYOUT = re.compile(r"[\s()'\"]+")

Price = Callable[[tuple[TextEdit, ...]], float]


@dataclass(frozen=True, slots=True)
class Faulty:
    """`others` are the texts of the project's other Python files."""

    name: str
    text: str
    right: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """For each of WAYS, where the fix comes among `candidates`, and minus the logarithm of its share of likelihood."""

    candidates: int
    ranks: tuple[float, ...]
    losses: tuple[float, ...]


def published(name: str, data: Path) -> Iterator[Faulty]:
    for bug in load(name, data / PUBLISHED[name]).bugs:
        yield Faulty(
            bug.name,
            bug.program,
            without_docstrings(bug.reference),
            (bug.tests, *bug.beside.values()),
        )


def injected() -> Iterator[Faulty]:
    for bug in load_bugs(LIST):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "library"
            unpack(fetch(bug), folder)
            texts = {
                str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace")
                for path in sorted(folder.rglob("*.py"))
            }
        right = texts.pop(bug.file)
        name = f"{bug.name}: {bug.about}"
        yield Faulty(name, put_back(right, bug.edits, bug.file), right, tuple(texts.values()))


def lines_around(faulty: Faulty) -> range:
    """The lines, from 1, of the innermost function around what the fix changes; else the changed lines."""
    changed: list[int] = []
    old, new = faulty.text.splitlines(), faulty.right.splitlines()
    for tag, start, end, _, _ in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            changed += range(start + 1, end + 1) if end > start else (max(start, 1), start + 1)
    functions = [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(ast.parse(faulty.text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    around = [lines for lines in functions if any(line in lines for line in changed)]
    found = min(around, key=len) if around else range(min(changed), min(changed) + 1)
    return range(min(*found, *changed), max(*found, *changed) + 1)


class Fix:
    """Tells whether an edit makes the right program: the same syntax tree, whatever the layout."""

    def __init__(self, faulty: Faulty) -> None:
        self._text = faulty.text
        self._tree = ast.dump(ast.parse(faulty.right))
        self._outline = _LAYOUT.sub("", faulty.right)
        self._grows = len(self._outline) - len(_LAYOUT.sub("", faulty.text))

    def is_made_by(self, candidate: Candidate) -> bool:
        grown = 0
        for edit in candidate.edits:
            old = self._text[edit.start : edit.end]
            grown += len(_LAYOUT.sub("", edit.new_text)) - len(_LAYOUT.sub("", old))
        # Nearly all are told by that.
        if grown != self._grows:
            return False
        text = candidate.apply(self._text)
        try:
            return _LAYOUT.sub("", text) == self._outline and ast.dump(ast.parse(text)) == self._tree
        except (SyntaxError, ValueError):
            return False


def prices(faulty: Faulty) -> tuple[Price, ...]:
    """For each of WAYS, what is added to the cost of edits."""
    of_file, of_project = Usage(faulty.text), Usage(faulty.text, faulty.others)
    return (
        lambda _: 0.0,
        lambda edits: min(STRANGEST, of_file.written(edits) / LONG),
        of_file.cost,
        of_project.cost,
    )


def rank(faulty: Faulty) -> Ranked | None:
    """None where no single edit is the fix."""
    ways, fix = prices(faulty), Fix(faulty)
    costs: list[tuple[float, ...]] = []
    fixes: list[tuple[float, ...]] = []
    source = SourceContext("program.py", faulty.text)
    for candidate in islice(candidates_for(source, lines_around(faulty)), MOST_CANDIDATES):
        cost = tuple(candidate.prior + price(candidate.edits) for price in ways)
        costs.append(cost)
        if fix.is_made_by(candidate):
            fixes.append(cost)
    if not fixes:
        return None
    ranks, losses = [], []
    for way in range(len(ways)):
        best = min(cost[way] for cost in fixes)
        cheaper = sum(cost[way] < best for cost in costs)
        ranks.append(cheaper + (sum(cost[way] == best for cost in costs) + 1) / 2)
        total = sum(exp(-cost[way]) for cost in costs)
        losses.append(log(total) - log(sum(exp(-cost[way]) for cost in fixes)))
    return Ranked(len(costs), tuple(ranks), tuple(losses))


def rows_of(name: str, bugs: int, found: Sequence[Ranked]) -> list[str]:
    rows: list[str] = []
    for way, words in enumerate(WAYS):
        ranks = [each.ranks[way] for each in found]
        earlier = sum(each.ranks[way] < each.ranks[0] for each in found)
        later = sum(each.ranks[way] > each.ranks[0] for each in found)
        tops = " | ".join(str(sum(place <= top for place in ranks)) for top in (1, 10, 100, 1000))
        rows.append(
            f"| {name if way == 0 else ''} | {f'{len(found)} of {bugs}' if way == 0 else ''} | {words} "
            f"| {exp(fmean(map(log, ranks))):.1f} | {tops} | {fmean(each.losses[way] for each in found):.3f} "
            f"| {f'{earlier} / {later}' if way else ''} |"
        )
    return rows


def speed(faulty: Sequence[Faulty]) -> str:
    """How much longer candidates take to make when each is priced by its file; processor time, by turns."""
    seconds = [0.0, 0.0]
    made = 0
    for each in [*faulty] * 3:
        for priced in (False, True):
            begun = time.process_time()
            source = SourceContext("program.py", each.text)
            usage = Usage(each.text) if priced else None
            for candidate in islice(candidates_for(source, lines_around(each)), MOST_CANDIDATES):
                if usage is not None:
                    usage.cost(candidate.edits)
                made += priced
            seconds[priced] += time.process_time() - begun
    return (
        f"Making candidates: {made / seconds[0]:,.0f} in a CPU second, {made / seconds[1]:,.0f} where each is "
        f"priced by its file: {(seconds[1] - seconds[0]) / made * 1e6:.1f} µs more each, "
        f"{seconds[1] / seconds[0] - 1:.0%} longer."
    )


def section(rows: Sequence[str], speeds: str) -> str:
    head = (
        "| set | one edit is the fix | order by the cost | rank, geometric mean | first | ≤ 10 | ≤ 100 | ≤ 1000 "
        "| -log p | earlier / later |\n|---|---|---|--:|--:|--:|--:|--:|--:|--:|\n"
    )
    return (
        "## Would it help to try first what reads like the rest? (`python -m bench.naturalness.run`)\n\n"
        f"Measured {measured_on()}. The rank of the fix among all edits of its function, all lines equally "
        f"suspicious. Edits cost {NAT_COST:.3f} more for each nat of surprise at their tokens, {STRANGEST:g} at "
        "most. That form was chosen among a dozen by looking at these bugs. The search doesn't go by it: "
        "[README.md](naturalness/README.md) says why.\n\n" + head + "\n".join(rows) + f"\n\n{speeds}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="as for bench.repair.run")
    parser.add_argument("--dry", action="store_true", help="print only, leave RESULTS.md as it is")
    given = parser.parse_args(argv)
    sets = {name: list(published(name, given.data)) for name in PUBLISHED}
    rows: list[str] = []
    for name, bugs in {**sets, "injected": list(injected())}.items():
        found = [ranked for bug in bugs if (ranked := rank(bug)) is not None]
        rows += rows_of(name, len(bugs), found)
        print(*rows[-len(WAYS) :], sep="\n", flush=True)
    speeds = speed(sets["humanevalfix"])
    print(speeds)
    if not given.dry:
        replace_section("bench-naturalness", section(rows, speeds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
