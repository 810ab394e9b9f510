"""Text from a repository on its way to a terminal: it must not be able to move the cursor or hide itself."""

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # Controls but tab and newline; ESC begins every terminal command.
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # Reorders what is read: "Trojan Source".
    "\ud800-\udfff]"  # Lone surrogates can't be written at all.
)


def visible(text: str) -> str:
    """`text` with control and bidirectional characters written as escapes; tabs and newlines stay."""
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str, width: int) -> str:
    """`text` made safe, on one line, cut to `width` characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= width else line[: max(width - 1, 0)] + "…"


def plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def seconds_text(seconds: float) -> str:
    """A duration as people read it: `0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if round(seconds) < 120:
        return f"{seconds:.0f} s"
    return f"{round(seconds) // 60} min {round(seconds) % 60} s"


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
