"""A second reading of a patch, apart from git's: what a file becomes when exactly the lines it names change."""

import re

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def applied(before: str, patch: str) -> str | None:
    """The text with the lines of a patch of one file changed and no other; None where the patch doesn't fit."""
    lines = before.split("\n")
    result: list[str] = []
    taken = 0
    inside = False
    for text in patch.split("\n"):
        if hunk := _HUNK.match(text):
            start = int(hunk[1]) - (hunk[2] != "0")
            result += lines[taken:start]
            taken, inside = start, True
        elif inside and text[:1] in (" ", "-"):
            if lines[taken : taken + 1] != [text[1:]]:
                return None
            result += [text[1:]] if text[0] == " " else []
            taken += 1
        elif inside and text[:1] == "+":
            result.append(text[1:])
    return "\n".join([*result, *lines[taken:]])
