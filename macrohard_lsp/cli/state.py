"""Where this user's journal and trust are, or why they are nowhere."""

import os
from pathlib import Path

from macrohard_lsp.engine.requests import CouldNotRun
from macrohard_lsp.settings.errors import StateUnavailable
from macrohard_lsp.settings.state import state_dir


def needed_state_dir() -> Path:
    """The state directory, for a command that is nothing without it. Raises CouldNotRun."""
    try:
        return state_dir(os.environ, Path.home())
    except StateUnavailable as error:
        raise CouldNotRun(str(error)) from error


def state_dir_or_note() -> tuple[Path | None, tuple[str, ...]]:
    """The state directory, or None and the sentence that says why the work goes on without it."""
    try:
        return state_dir(os.environ, Path.home()), ()
    except StateUnavailable as error:
        return None, (str(error),)
