"""Saying in a sentence what is wrong with a setting and what would be right."""

import difflib
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from macrohard_lsp.settings.model import Settings

_SHOWN_CHARACTERS = 80

# By pydantic's name of the error; the words in braces come from its context.
_ALLOWED = {
    "bool_type": "true or false",
    "enum": "one of {expected}",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_type": "a whole number",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "model_type": "a table",
    "string_too_short": "a text that is not empty",
    "string_type": "a text in quotes",
    "string_pattern_mismatch": "a name of letters, digits and underscores",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "tuple_type": "a list of {elements}",
}


def sentence_for(error: ValidationError) -> str:
    """One sentence for each thing that is wrong."""
    return " ".join(_sentence(detail) for detail in error.errors(include_url=False))


def _sentence(detail: ErrorDetails) -> str:
    field = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"there is no setting `{field}`{_meant(field)}"
    if detail["type"] == "missing":
        return f"`{field}` is missing."
    allowed = _ALLOWED.get(detail["type"])
    elements = {"sandbox.ports": "numbers", "test.commands": "tables"}.get(field, "texts")
    words = allowed.format(elements=elements, **detail.get("ctx", {})) if allowed else detail["msg"]
    return f"`{field}` is {_shown(detail['input'])}; it has to be {words}."


def _meant(field: str) -> str:
    """The settings that were probably meant, or all there are at that place."""
    fields = _fields()
    close = difflib.get_close_matches(field, fields, n=1, cutoff=0.6)
    if not close:
        close = [known for known in fields if known.rpartition(".")[2] == field.rpartition(".")[2]]
    if close:
        return f"; did you mean `{close[0]}`?"
    return f". There are: {', '.join(fields)}."


def _fields() -> tuple[str, ...]:
    tables: dict[str, Any] = Settings().model_dump()
    dotted: list[str] = []
    for key, value in tables.items():
        inner = cast(dict[str, Any], value) if isinstance(value, dict) else None
        dotted.extend([key] if inner is None else [f"{key}.{name}" for name in inner])
    return tuple(dotted)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
