"""Whatever the files hold and the error says: nothing raises, and every edit fits the files."""

import random
import re
from itertools import islice
from pathlib import Path

import pytest

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.repair.causes import Cause, CauseKind, Sources, aimed_edits
from macrohard_lsp.repair.causes.history import compare
from macrohard_lsp.workspace.index import build_index

OWN = Path(__file__).parents[3] / "macrohard_lsp" / "repair" / "causes"
MESSAGES = (
    "", "takes no arguments", "'(' was never closed", "unmatched ')'", "unterminated string literal",
    "unterminated triple-quoted string literal", "unexpected indent", "expected an indented block",
    "inconsistent use of tabs", "Missing parentheses in call to 'print'", "cannot assign to x '='",
    "closing parenthesis ')' does not match opening parenthesis '['", "multiple exception types must be parenthesized",
)  # fmt: skip
TRIES = 4
MOST_EDITS = 15


def damaged(text: str, chance: random.Random) -> str:
    """The text with some of its pieces taken out, doubled, or under another name."""
    pieces = re.split(r"(\W)", text)
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(pieces))
        pieces[at] = chance.choice(["", pieces[at] * 2, chance.choice(pieces), "\r", "\t", "é"])
    return "".join(pieces)


@pytest.mark.parametrize("kind", CauseKind)
def test_every_edit_fits(kind: CauseKind):
    chance = random.Random(f"{kind} 7")
    known = {path.name: path.read_text() for path in sorted(OWN.glob("*.py"))}
    for number in range(TRIES):
        now = {f"pkg/{name}": damaged(text, chance) for name, text in known.items() if chance.random() < 0.5}
        now |= {
            "test_a.py": "from pkg.near import nearest\n\n\ndef test_it(nearest): nearest(1, what=2)\n",
            "pkg/__init__.py": "",
        }
        snapshot = Snapshot(
            Path("/w"), {path: source_file(path, text.encode()) for path, text in now.items()}
        )
        words = re.findall(r"[A-Za-z_]\w+", "".join(now.values()))
        before = {path: text.replace(chance.choice(words), "before") for path, text in now.items()}
        sources = Sources(
            snapshot, build_index(snapshot), compare(before, now) if not number % 3 else compare({}, {})
        )
        path = chance.choice(sorted(now))
        name, owner = (chance.choice([*words, "pkg." + chance.choice(words), "", "ü"]) for _ in range(2))
        line = chance.randrange(1, now[path].count("\n") + 3)
        cause = Cause(kind, name, owner, path, line, chance.choice(MESSAGES), "test_a.py::t", (name,))
        for aimed in islice(aimed_edits(cause, sources), MOST_EDITS):
            apply_changes(snapshot, aimed.change_set)
            assert aimed.summary
            assert aimed.path in now
