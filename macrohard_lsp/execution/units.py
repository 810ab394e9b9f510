"""What an Executor is given and what it answers: plain data, fit for another process or another machine."""

import importlib
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

UNIT_SECONDS = 600.0
"""How long a unit may take when it doesn't say."""


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """Call `entry` (`"package.module:function"`) with `payload`. Payload and answer must be picklable."""

    entry: str
    payload: object
    seconds: float = UNIT_SECONDS


@dataclass(frozen=True, slots=True)
class Done:
    """`value` is what the entry point returned; `cpu_seconds` what it used."""

    value: Any
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Raised:
    """The entry point raised: `error` is the exception's last line, `traceback` the whole of it."""

    error: str
    traceback: str
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The process died under the unit; `error` says how. The other units went on."""

    error: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The unit took longer than its `seconds`, and its process was killed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """The executor was cancelled or closed before the unit ended."""


Result = Done | Raised | WorkerLost | TimedOut | Stopped


def carry_out(entry: str, payload: object) -> Done | Raised:
    """Run one unit here. Whatever the entry point raises becomes a Raised."""
    started = time.process_time()
    try:
        value = resolve(entry)(payload)
    except (Exception, SystemExit) as error:  # The one place where whatever the work does becomes data.
        error_line = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
        return Raised(error_line, traceback.format_exc(), time.process_time() - started)
    return Done(value, time.process_time() - started)


def resolve(entry: str) -> Callable[[object], object]:
    """The function an entry point names. Raises ValueError where it isn't `package.module:function`."""
    module, separator, name = entry.partition(":")
    if not (module and separator and name.isidentifier()):
        raise ValueError(f"{entry!r} is not an entry point such as 'package.module:function'")
    function = getattr(importlib.import_module(module), name)
    if not callable(function):
        raise ValueError(f"{entry!r} can't be called")
    return function
