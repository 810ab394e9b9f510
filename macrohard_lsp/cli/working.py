"""A Run as the command line carries it out: recorded, shown while it works, stopped when a person says so."""

import os
import traceback
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.progress import ProgressLine
from macrohard_lsp.cli.signals import Interruption, Stopped, interruptible
from macrohard_lsp.cli.state import state_dir_or_note
from macrohard_lsp.core.cancel import Cancelled
from macrohard_lsp.core.events import RunEvent
from macrohard_lsp.engine.context import EngineContext
from macrohard_lsp.engine.requests import CouldNotRun
from macrohard_lsp.runs.journal import JOURNAL_FILE
from macrohard_lsp.runs.recorder import RunRecorder, start_run


@dataclass(frozen=True, slots=True)
class Working:
    """The inside of a Run."""

    context: EngineContext
    recorder: RunRecorder
    interruption: Interruption

    def check(self) -> None:
        """Raises Stopped when a signal came, whatever the engine answered; asked before a file is written."""
        if self.interruption.received is not None:
            raise Stopped(self.interruption)


@contextmanager
def working(
    console: Console, kind: str, folder: Path, request: Mapping[str, Any], settings: Mapping[str, object]
) -> Generator[Working]:
    """Everything around one call of the engine. Raises Stopped, and CouldNotRun as the engine does.

    `settings` are those of the command line, by dotted name. A Run that is left without a word about how it
    ended is recorded as an error.
    """
    place, notes = state_dir_or_note()
    with interruptible(console) as interruption, ProgressLine(console) as progress:
        recorder = start_run(place / JOURNAL_FILE if place else None, kind, str(folder), request)
        listener = _both(recorder.record, progress.listen)
        context = EngineContext(settings, place, listener, interruption.cancel, dict(os.environ), Path.home())
        try:
            yield Working(context, recorder, interruption)
        except (Cancelled, CouldNotRun) as error:
            if interruption.received is not None:
                recorder.finish("cancelled", str(Stopped(interruption)))
                raise Stopped(interruption) from error
            recorder.finish("error", str(error))
            raise
        except Stopped as error:
            recorder.finish("cancelled", str(error))
            raise
        except Exception as error:
            recorder.attach("traceback", traceback.format_exc())
            recorder.finish("error", f"{type(error).__name__}: {error}")
            raise
        finally:
            recorder.finish("error", "The command ended without a word about how.")
            for note in (*notes, *(recorder.notes if place else ())):
                console.warn(f"Note: {note}")


def _both(*listeners: Callable[[RunEvent], None]) -> Callable[[RunEvent], None]:
    def listen(event: RunEvent) -> None:
        for listener in listeners:
            listener(event)

    return listen
