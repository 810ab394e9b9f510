"""Directories that an environment adds to the import path from elsewhere: editable installs and `.pth` files.

A Machine does not show them (what they hold is neither an installation nor the workspace), so that imports
from them fail; these are the names a message needs to say why.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from macrohard_lsp.environment.layout import at, read_text

MAX_FILES = 2000


def outside_paths(prefix: Path, folder: Path) -> tuple[Path, ...]:
    """Existing paths on the import path of the environment at `prefix` that lie neither in it nor in
    `folder`, sorted.
    """
    known = (prefix.resolve(), folder.resolve())
    named: set[Path] = set()
    for packages in sorted(prefix.glob("lib*/python3*/*-packages")):
        named.update(_named_in(packages))
    real = {path.resolve() for path in named if path.is_absolute() and path.exists()}
    return tuple(sorted(path for path in real if not any(path.is_relative_to(base) for base in known)))


def _named_in(packages: Path) -> Iterator[Path]:
    readers = (
        ("*.pth", _from_pth),
        ("*.egg-link", _from_pth),
        ("__editable__*.py", _from_finder),
        ("*.dist-info/direct_url.json", _from_direct_url),
    )
    for pattern, reader in readers:
        for _, file in zip(range(MAX_FILES), sorted(packages.glob(pattern)), strict=False):
            text = read_text(file)
            if text is not None:
                yield from (packages / path for path in reader(text))


def _from_pth(text: str) -> Iterator[str]:
    for line in text.splitlines():
        entry = line.strip()
        if entry and not entry.startswith(("#", "import ", "import\t")):
            yield entry


def _from_finder(text: str) -> Iterator[str]:
    """The values of `MAPPING` in the finder module that setuptools writes, read without running it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in tree.body:
        target = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign):
            target = node.targets[0]
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(value, ast.Dict):
            for item in value.values:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item.value


def _from_direct_url(text: str) -> Iterator[str]:
    try:
        record: Any = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(record, dict):
        return
    fields = cast(dict[str, Any], record)
    url = fields.get("url")
    if at(fields, "dir_info", "editable") is True and isinstance(url, str) and url.startswith("file://"):
        yield unquote(urlsplit(url).path)
