"""The little of YAML that TAP producers write below a test point: keys, texts over several lines, tables in tables.

Not YAML: nothing is resolved, built or repeated, so that no document is dangerous; what isn't understood is left out.
"""

from collections.abc import Sequence

MOST_LINES = 2000
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "/": "/"}


def parse_diagnostics(lines: Sequence[str]) -> dict[str, str]:
    """Texts by key; a key in a table is `outer.inner`. `lines` are without the indentation common to all."""
    found: dict[str, str] = {}
    outer: list[tuple[int, str]] = []
    place = 0
    lines = lines[:MOST_LINES]
    while place < len(lines):
        line = lines[place]
        place += 1
        indent = len(line) - len(line.lstrip(" "))
        key, colon, value = line.strip().partition(":")
        if not colon or not key or (value and not value.startswith(" ")) or key.startswith(("-", "#", "?")):
            continue
        while outer and outer[-1][0] >= indent:
            outer.pop()
        name = ".".join([*(part for _, part in outer), _plain(key)])
        value = value.strip()
        if value[:1] in ("|", ">"):
            block, place = _block(lines, place, indent)
            found[name] = block
        elif value:
            found[name] = _plain(value)
        else:
            outer.append((indent, _plain(key)))
    return found


def _block(lines: Sequence[str], place: int, indent: int) -> tuple[str, int]:
    """The text below a `|`, and the line after it."""
    inside: list[str] = []
    while place < len(lines):
        line = lines[place]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        inside.append(line)
        place += 1
    depths = [len(line) - len(line.lstrip(" ")) for line in inside if line.strip()]
    depth = min(depths, default=0)
    return "\n".join(line[depth:].rstrip() for line in inside).strip("\n"), place


def _plain(text: str) -> str:
    """A scalar without its quotes."""
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _unescaped(text[1:-1])
    return "" if text in ("~", "null") else text


def _unescaped(text: str) -> str:
    pieces: list[str] = []
    rest = iter(text)
    for character in rest:
        if character == "\\":
            following = next(rest, "")
            pieces.append(_ESCAPES.get(following, "\\" + following))
        else:
            pieces.append(character)
    return "".join(pieces)
