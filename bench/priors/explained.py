"""Which edit family explains each small fix of a corpus, and what the other families offered at the same lines."""

import argparse
import ast
import difflib
import json
import random
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import exp
from pathlib import Path

from macrohard_lsp.repair.operators import HAND_SET, candidates_for
from macrohard_lsp.repair.scope import SourceContext

MOST_CHANGED_LINES = 4
LONGEST_PROGRAM = 20_000
MOST_CANDIDATES = 40_000
# As they were set by hand, so that a second fit begins where the first did.
_FAMILIES = tuple(sorted(HAND_SET, key=lambda family: family.prior))
_LAYOUT = re.compile(r"[\s()'\"]+")


@dataclass(frozen=True, slots=True)
class Explained:
    """One fix. `family` and `cost` (above the family's prior) are of the edit that makes it, "" where none does.

    `offered` has, for every family, the sum of exp(-cost) over its candidates at the changed lines.
    """

    name: str
    family: str
    cost: float
    rank: int
    candidates: int
    offered: dict[str, float]


def pairs(repository: Path) -> Iterator[tuple[str, str, str]]:
    """Name, faulty text and correct text of every Python pair, in the order of the archive."""
    command = ["git", "-C", str(repository), "archive", "HEAD", "Code"]
    texts: dict[str, dict[str, str]] = {}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as process,
        tarfile.open(fileobj=process.stdout, mode="r|") as archive,
    ):
        for member in archive:
            folder, _, file = member.name.rpartition("/")
            if "/Python/" not in member.name or file not in {"faultyVersion.py", "correctVersion.py"}:
                continue
            content = archive.extractfile(member)
            if content is not None:
                texts.setdefault(folder, {})[file] = content.read().decode("utf-8", "replace")
    for name, found in texts.items():
        if len(found) == 2:
            yield name, found["faultyVersion.py"], found["correctVersion.py"]


def changed_lines(faulty: str, correct: str) -> set[int] | None:
    """The lines of `faulty` (from 1) that the fix touches, those around an insertion; None for a large fix."""
    old, new = faulty.splitlines(), correct.splitlines()
    lines: set[int] = set()
    changed = 0
    for tag, start, end, other, stop in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            changed += max(end - start, stop - other)
            lines.update(range(start + 1, end + 1) if end > start else (start, start + 1))
    return lines if 0 < changed <= MOST_CHANGED_LINES else None


def explain(name: str, faulty: str, correct: str) -> Explained | None:
    """None for what is no small fix of a program that both parses and changes."""
    lines = changed_lines(faulty, correct)
    if lines is None or len(faulty) > LONGEST_PROGRAM:
        return None
    try:
        wanted = ast.dump(ast.parse(correct))
        if ast.dump(ast.parse(faulty)) == wanted:
            return None
    except (SyntaxError, ValueError, RecursionError):
        return None
    source = SourceContext("program.py", faulty)
    outline = _LAYOUT.sub("", correct)
    offered: dict[str, float] = {}
    found: tuple[str, float, int] = ("", 0.0, 0)
    number = 0
    priors = {family.name: family.prior for family in _FAMILIES}
    for candidate in candidates_for(source, lines, _FAMILIES):
        number += 1
        extra = candidate.prior - priors[candidate.family]
        offered[candidate.family] = offered.get(candidate.family, 0.0) + exp(-extra)
        if not found[0]:
            text = candidate.apply(faulty)
            if _LAYOUT.sub("", text) == outline and _same(text, wanted):
                found = (candidate.family, extra, number)
        if number >= MOST_CANDIDATES:
            break
    return Explained(name, *found, number, offered)


def _same(text: str, wanted: str) -> bool:
    try:
        return ast.dump(ast.parse(text)) == wanted
    except (SyntaxError, ValueError, RecursionError):
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a git directory of ConDefects")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=10**9)
    options = parser.parse_args()
    found = sorted(pairs(options.data))
    random.Random(0).shuffle(found)
    taken = 0
    with options.out.open("w", encoding="utf-8") as out:
        for name, faulty, correct in found:
            explained = explain(name, faulty, correct)
            if explained is not None:
                out.write(json.dumps(asdict(explained)) + "\n")
                out.flush()
                taken += 1
                if taken >= options.most:
                    break
    print(f"{taken} small fixes of {len(found)} pairs", file=sys.stderr)


if __name__ == "__main__":
    main()
