"""Started in the user's interpreter instead of `-m pytest`: the same run, with our reporter loaded.

What to do arrives as the first line on the channel, so neither its size nor its content shows in the
command line or the environment of the program under test.
"""

import importlib.util
import os
import runpy
import sys

OLDEST_PYTEST = (6, 2)
CANNOT_RUN = 70


def arrange_path():
    """Put what `-m` would put first; our own folder goes last, where it can shadow nothing of the user's."""
    here = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    first = [] if getattr(sys.flags, "safe_path", False) else [os.getcwd()]
    sys.path[:] = [*first, *others, here]


def version_of(pytest):
    """The leading numbers of pytest's version, such as (8, 2)."""
    numbers = []
    for part in str(pytest.__version__).split(".")[:2]:
        digits = "".join(character for character in part if character.isdigit())
        numbers.append(int(digits or 0))
    return tuple(numbers)


def main():
    arrange_path()
    import macrohard_inside_channel as channels
    import macrohard_inside_relocation as relocation

    channel = channels.open_channel(int(os.environ.pop("MACROHARD_CHANNEL_FD")))
    options = channel.receive_options()
    relocation.relocate(options["original"], options["workspace"])
    if importlib.util.find_spec("pytest") is None:
        channel.send("unusable", reason="no-pytest")
        return CANNOT_RUN
    import pytest

    if version_of(pytest) < OLDEST_PYTEST:
        channel.send("unusable", reason="old-pytest", version=str(pytest.__version__))
        return CANNOT_RUN
    channel.answer_stack_requests()
    files = [path for path in options["files"] if os.path.exists(path)]
    sys.argv[1:] = ["-p", "macrohard_inside_plugin", *options["arguments"], *files]
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
