"""What is the same for every folder of one host."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.core.text import PositionEncoding
from macrohard_lsp.engine.footprints import FootprintBook
from macrohard_lsp.engine.interpreters import InterpreterBook
from macrohard_lsp.host.client.events import Event

Send = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`state_dir` is None where there is no place to keep anything. `variables` and `home` are the person's."""

    encoding: PositionEncoding
    state_dir: Path | None
    variables: Mapping[str, str]
    home: Path
    footprints: FootprintBook | None = None
    interpreters: InterpreterBook | None = None
