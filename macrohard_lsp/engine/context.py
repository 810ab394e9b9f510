"""What surrounds a request to the engine, and is the same for every request of one process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from macrohard_lsp.core.cancel import Cancel
from macrohard_lsp.core.events import RunEvent

if TYPE_CHECKING:
    from macrohard_lsp.engine.footprints import FootprintBook
    from macrohard_lsp.engine.interpreters import InterpreterBook
    from macrohard_lsp.engine.standby import Standby
    from macrohard_lsp.engine.workplace import Workplace


@dataclass(frozen=True, slots=True)
class EngineContext:
    """`settings_overrides` are settings given for this one call; they win over every other place.
    `overrides_from` names who gave them, for messages.

    `state_dir` is the user's state directory, None where there is none to use. `listener` is called
    for every event, from whatever thread it happens in, and must not block for long. `variables` and
    `home` are the user's environment variables and home directory, passed in so that nothing below
    reads them from its own process. `trusted` is what an editor says of the folder, None where the state
    directory decides. `on_workplace` is told once what a request works on, before anything runs.
    With `footprints`, runs are watched for what each test uses, and what changed picks the tests by that.
    `interpreters` are remembered from request to request, `standby` has a pytest of the folder started ahead.
    """

    settings_overrides: Mapping[str, object]
    state_dir: Path | None
    listener: Callable[[RunEvent], None]
    cancel: Cancel
    variables: Mapping[str, str]
    home: Path
    overrides_from: str = "command line"
    trusted: bool | None = None
    footprints: "FootprintBook | None" = None
    interpreters: "InterpreterBook | None" = None
    standby: "Standby | None" = None
    on_workplace: "Callable[[Workplace], None] | None" = None
