"""Nothing reaches the Journal's disk before secrets in it are masked."""

import json
from typing import Any, cast

from macrohard_lsp.core.secrets import mask


def masked_json(value: Any) -> str:
    """`value`, made of plain JSON values, as JSON text with every string in it masked.

    Strings are masked one by one, before JSON escapes could hide the shape of a secret.
    """
    return json.dumps(_masked(value), ensure_ascii=True, separators=(",", ":"))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        items = cast("dict[object, Any]", value).items()
        return {mask(str(key)): _masked(item) for key, item in items}
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in cast("list[Any]", value)]
    return value
