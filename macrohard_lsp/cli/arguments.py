"""Arguments that several commands share, checked with sentences."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Never, TypeAlias

from macrohard_lsp.core.tier import Tier

MAX_JOBS = 64
MAX_SECONDS = 24 * 3600.0
MAX_SEED = 2**32 - 1


class UsageProblem(Exception):
    """The arguments can't be understood. The text is a sentence for a person."""


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong argument raises UsageProblem, so that `--json` can answer with JSON."""

    def error(self, message: str) -> Never:
        raise UsageProblem(f"{self.prog}: {message}. See `{self.prog} --help`.")


# What `add_subparsers` returns has no public name.
SubCommands: TypeAlias = "argparse._SubParsersAction[Parser]"  # pyright: ignore[reportPrivateUsage]


def common_options() -> Parser:
    """The options every command has."""
    parent = Parser(add_help=False)
    group = parent.add_argument_group("output and isolation")
    group.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    group.add_argument("--quiet", action="store_true", help="print no progress and no summary")
    group.add_argument(
        "--tier",
        type=tier,
        metavar="vm|namespace|process",
        help="run code only in a Machine of this tier; `process` isolates least",
    )
    return parent


def tier(text: str) -> Tier:
    try:
        return Tier(text)
    except ValueError:
        names = ", ".join(member.value for member in Tier)
        raise argparse.ArgumentTypeError(f"there is no tier {text!r}; the tiers are {names}") from None


def whole_number(text: str, least: int, most: int) -> int:
    """An integer between `least` and `most`, both included."""
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} is out of range; give a number from {least} to {most}")
    return number


def seed(text: str) -> int:
    return whole_number(text, 0, MAX_SEED)


def jobs(text: str) -> int:
    return whole_number(text, 1, MAX_JOBS)


def seconds(text: str) -> float:
    """A duration above zero."""
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not math.isfinite(number) or not 0 < number <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{text} seconds is out of range; give more than 0 and at most {MAX_SECONDS:.0f}"
        )
    return number


def folder_and_rest(words: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """Split `[PATH] [IDS…]`: the first word is the folder if it is a directory, else all of them are ids.

    Raises UsageProblem when the first word can only have been meant as a folder and isn't one.
    """
    if not words:
        return existing_folder("."), ()
    if _kind(words[0]) == "folder":
        return existing_folder(words[0]), tuple(words[1:])
    if "::" not in words[0] and _kind(words[0]) == "nothing":
        raise UsageProblem(
            f"There is no file or directory {words[0]!r}; give a folder that exists, or ids of tests here."
        )
    return existing_folder("."), tuple(words)


def existing_folder(text: str) -> Path:
    """`text` as an absolute path of a directory, links resolved. Raises UsageProblem."""
    kind = _kind(text)
    if kind == "file":
        raise UsageProblem(f"{text!r} is a file; give the folder it is in.")
    try:
        if kind == "folder":
            return Path(text).resolve(strict=True)
    except OSError as error:
        raise UsageProblem(
            f"The folder {text!r} can't be reached: {error.strerror}. Check its permissions."
        ) from error
    raise UsageProblem(f"There is no directory {text!r}; check the path.")


def _kind(text: str) -> Literal["folder", "file", "nothing"]:
    path = Path(text)
    try:
        if path.is_dir():
            return "folder"
        return "file" if path.exists() else "nothing"
    except OSError as error:
        raise UsageProblem(
            f"The path {text!r} can't be followed: {error.strerror}. Check it, and its permissions."
        ) from error
