"""The answer that somebody waits for."""

from collections.abc import Callable
from dataclasses import dataclass, field

from macrohard_lsp.core.cancel import Cancel


class CanNotAnswer(Exception):
    """A question can't be answered. The text is a sentence for a person."""


@dataclass(slots=True)
class Reply:
    """Given once; a second answer says nothing. `cancel` is set when nobody waits any more."""

    _answer: Callable[[object], None]
    _refuse: Callable[[str], None]
    cancel: Cancel
    _given: bool = field(default=False)

    def answer(self, answer: object) -> None:
        if not self._given:
            self._given = True
            self._answer(answer)

    def refuse(self, reason: str) -> None:
        if not self._given:
            self._given = True
            self._refuse(reason)
