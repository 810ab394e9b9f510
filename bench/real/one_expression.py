"""What `RULE.md` means by a fix of one expression, decided on syntax trees.

`python -m bench.real.one_expression` checks the bugs of that list whose distributions are prepared.
"""

import ast
import difflib
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from bench.real.bugs import ONE_EXPRESSION, load_bugs, put_back
from bench.real.prepare import place_of

MOST_TOKENS = 8
MOST_CHARACTERS = 160

_Pair = tuple[ast.AST, ast.AST]


@dataclass(frozen=True, slots=True)
class Token:
    """A token of an expression; `start` and `end` are offsets in the expression's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Change:
    """The innermost expression that differs: its text in both versions, and where it begins in the later one.

    `start` is an offset in characters. `removed` and `added` are numbers of tokens; `differing` is the
    earlier version's text from the first token that differs to the last.
    """

    before: str
    after: str
    start: int
    removed: int
    added: int
    differing: str

    @property
    def small(self) -> bool:
        return max(self.removed, self.added) <= MOST_TOKENS and len(self.differing) <= MOST_CHARACTERS


def one_expression(before: str, after: str) -> Change | None:
    """The one expression in which two versions of a file differ, or None when anything else differs too.

    Comments, docstrings, annotations and layout are no difference. Raises SyntaxError.
    """
    trees = (_bare(before), _bare(after))
    for one, other in reversed(_enclosing(*trees)):
        old, new = ast.get_source_segment(before, one), ast.get_source_segment(after, other)
        start = offset_of(after, other)
        if (
            old is None
            or new is None
            or not _is_tree(after[:start] + old + after[start + len(new) :], trees[0])
        ):
            # The brackets around an expression don't belong to it: what lies further out has them.
            continue
        return _measure(old, new, start)
    return None


def _measure(old: str, new: str, start: int) -> Change:
    tokens, others = tokens_of(old), tokens_of(new)
    matcher = difflib.SequenceMatcher(
        None, [token.text for token in tokens], [token.text for token in others], autojunk=False
    )
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    removed = sum(last - first for _, first, last, _, _ in changed)
    added = sum(last - first for _, _, _, first, last in changed)
    first, last = changed[0][1], changed[-1][2]
    differing = old[tokens[first].start : tokens[last - 1].end] if last > first else ""
    return Change(old, new, start, removed, added, differing)


def _enclosing(one: ast.AST, other: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """The expressions that hold every difference of the two trees, outermost first; none where a statement differs."""
    found: list[tuple[ast.expr, ast.expr]] = []
    while True:
        if isinstance(one, ast.expr) and isinstance(other, ast.expr):
            found.append((one, other))
        # The parts of an f-string have no positions of their own before Python 3.12.
        if isinstance(one, ast.JoinedStr) or type(one) is not type(other):
            return found
        if isinstance(one, (ast.Assign, ast.AnnAssign)) and "version" in _target(one):
            return []
        differing = _differing_children(one, other)
        if differing is None or len(differing) != 1:
            return found
        ((one, other),) = differing


def _differing_children(one: ast.AST, other: ast.AST) -> list[_Pair] | None:
    """Pairs of children that differ; None where the two differ in what is no pair of nodes."""
    pairs: list[_Pair] = []
    for name in one._fields:
        for mine, yours in _side_by_side(getattr(one, name, None), getattr(other, name, None)):
            if isinstance(mine, ast.AST) and isinstance(yours, ast.AST):
                if ast.dump(mine) != ast.dump(yours):
                    pairs.append((mine, yours))
            elif type(mine) is not type(yours) or mine != yours:
                return None
    return pairs


def _side_by_side(mine: object, yours: object) -> Iterator[tuple[object, object]]:
    if isinstance(mine, list) and isinstance(yours, list) and len(mine) == len(yours):  # pyright: ignore[reportUnknownArgumentType]
        yield from zip(mine, yours, strict=True)  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield mine, yours


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return " ".join(map(ast.unparse, targets)).lower()


def _bare(text: str) -> ast.Module:
    """The syntax tree without docstrings and annotations."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if documented and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.copy_location(ast.Pass(), node.body[0])
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.copy_location(ast.Constant(None), node.annotation)
    return tree


def _is_tree(text: str, tree: ast.Module) -> bool:
    try:
        return ast.dump(_bare(text)) == ast.dump(tree)
    except SyntaxError:
        return False


def offset_of(text: str, node: ast.expr) -> int:
    """Where a node begins in the text, in characters."""
    lines = _lines(text)
    line = lines[node.lineno - 1].encode("utf-8")[: node.col_offset].decode("utf-8")
    return sum(map(len, lines[: node.lineno - 1])) + len(line)


def _lines(text: str) -> list[str]:
    """The lines as Python counts them: a form feed, say, ends none."""
    return io.StringIO(text, newline="").readlines()


def tokens_of(expression: str) -> list[Token]:
    """The expression's tokens, without comments and line ends; an f-string is one token in every version of Python."""
    text = f"({expression})"
    starts = [0]
    for line in _lines(text):
        starts.append(starts[-1] + len(line))
    found: list[Token] = []
    depth, opened = 0, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        if name == "FSTRING_START":
            opened = start if depth == 0 else opened
            depth += 1
        elif name == "FSTRING_END":
            depth -= 1
            start = opened
        if depth == 0 and name not in {"COMMENT", "NL", "NEWLINE", "ENDMARKER"}:
            found.append(Token(text[start:end], start - 1, end - 1))
    return found[1:-1]


def main() -> int:
    """Print every bug of the list that does not obey the rule, and how many could be looked at."""
    looked_at, wrong = 0, 0
    for bug in load_bugs():
        path = place_of(bug).fixed / bug.file
        if bug.list != ONE_EXPRESSION or not path.is_file():
            continue
        looked_at += 1
        fixed = path.read_bytes().decode("utf-8")
        change = one_expression(put_back(fixed, bug.edits, bug.file), fixed)
        if change is None or not change.small:
            wrong += 1
            print(f"{bug.name} {bug.version}: not one small expression: {change}")
    print(f"{looked_at} bugs looked at, {wrong} of them no fix of one expression.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
