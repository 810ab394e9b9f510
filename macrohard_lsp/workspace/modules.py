"""Which module names a Python file may be imported by."""

from collections.abc import Collection

SOURCE_FOLDERS = frozenset({"src", "lib", "python"})
"""Names of folders that by custom are put on the path, and are not packages themselves."""


def module_names(path: str, packages: Collection[str]) -> tuple[str, ...]:
    """The dotted names of a file, likeliest first; empty where no import can name it.

    `packages` are the folders with an `__init__.py`. Where a folder without one stands above, it may be a
    namespace package or a place on the path; both names are given.
    """
    *folders, name = path.removesuffix("i").removesuffix(".py").split("/")
    parts = folders if name == "__init__" else [*folders, name]
    top = len(folders)
    while top > 0 and "/".join(folders[:top]) in packages:
        top -= 1
    starts = _starts(folders, top)
    names = [".".join(parts[start:]) for start in starts if _importable(parts[start:])]
    return tuple(dict.fromkeys(names))


def _starts(folders: list[str], top: int) -> list[int]:
    """Where in the path the dotted name may begin, likeliest first."""
    below_source = [position + 1 for position in range(top) if folders[position] in SOURCE_FOLDERS]
    outwards = list(range(top, -1, -1))
    if top < len(folders):  # The chain of `__init__.py` says where the package begins.
        return [top, *outwards] if not below_source or below_source[-1] == top else [*below_source, *outwards]
    return [*reversed(below_source), 0, *outwards]


def _importable(parts: list[str]) -> bool:
    return bool(parts) and all(part.isidentifier() for part in parts)
