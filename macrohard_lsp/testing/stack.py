"""Stacks as Python's faulthandler prints them: a hung test's when asked, a dying interpreter's by itself."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from macrohard_lsp.core.testrun import Frame

_FRAME = re.compile(r'  File "(?P<path>.*)", line (?P<line>\d+) in (?P<function>.*)$')
_CURRENT = re.compile(r"(Stack|Current thread .*)\(most recent call first\):|Stack \(most recent")
_MACHINERY = ("/_pytest/", "/pluggy/", "/testing/inside/", "<frozen ")
_INSTALLED = ("site-packages", "dist-packages")


def frames_of_stack(lines: Sequence[str], workspace: PurePath) -> tuple[Frame, ...]:
    """Outermost first, from the user's outermost frame on; empty where no stack of a thread was printed."""
    frames: list[Frame] = []
    reading = False
    for line in lines:
        if _CURRENT.search(line):
            # The last stack wins: asked twice, the newer answer says where it is now.
            frames, reading = [], True
        elif reading and (match := _FRAME.match(line)):
            frames.append(_frame(match, workspace))
        elif reading and frames:
            reading = False
    frames.reverse()
    own = [place for place, frame in enumerate(frames) if frame.in_workspace]
    if not own:
        return ()
    return tuple(frame for frame in frames[own[0] :] if not any(part in frame.path for part in _MACHINERY))


def _frame(match: re.Match[str], workspace: PurePath) -> Frame:
    path = PurePath(match["path"])
    inside = path.is_relative_to(workspace) and not any(part in _INSTALLED for part in path.parts)
    name = path.relative_to(workspace).as_posix() if inside else str(path)
    return Frame(name, int(match["line"]), match["function"], inside)
