"""pyenv: which of its versions a directory asks for."""

import re
from collections.abc import Iterator
from pathlib import Path

from macrohard_lsp.environment.layout import is_program, python_in, read_text
from macrohard_lsp.environment.search import Answer, Hit, Miss, Search

_NOT_FINAL = re.compile(r"(-dev|-src|-latest|(a|b|rc)\d+)$")


def pyenv_root(search: Search) -> Path:
    return search.variable_path("PYENV_ROOT", ".pyenv")


def look_at_pyenv(search: Search) -> Answer:
    """`PYENV_VERSION`, else the nearest `.python-version`, in the project directory or any parent, as pyenv
    looks.
    """
    versions = pyenv_root(search) / "versions"
    if not versions.is_dir():
        return Miss("pyenv: not installed")
    asked = search.variables.get("PYENV_VERSION", "").replace(":", " ").split()
    source = "PYENV_VERSION"
    if not asked:
        files = (directory / ".python-version" for directory in (search.directory, *search.directory.parents))
        found = next(((file, text) for file in files if (text := read_text(file)) is not None), None)
        if found is None:
            return Miss("pyenv: no .python-version")
        source, asked = str(found[0]), list(_words(found[1]))
    return _first_installed(asked, versions, f"{source} (pyenv)", source)


def look_behind_shim(search: Search) -> Answer:
    """What pyenv's shim named `python` would start: as `look_at_pyenv`, else pyenv's global version."""
    local = look_at_pyenv(search)
    if isinstance(local, Hit):
        return local
    root = pyenv_root(search)
    asked = list(_words(read_text(root / "version") or ""))
    return _first_installed(asked, root / "versions", "the global version (pyenv)", str(root / "version"))


def _words(text: str) -> Iterator[str]:
    """The first word of each line that is no comment."""
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            yield words[0]


def _first_installed(asked: list[str], versions: Path, origin: str, source: str) -> Answer:
    for name in asked:
        installed = _installed(name, versions)
        executable = python_in(installed) if installed is not None else None
        if executable is not None and is_program(executable):
            return Hit(executable, origin)
    return Miss(f"pyenv: {source} asks for {', '.join(asked) or 'nothing'}, which is not in {versions}")


def _installed(name: str, versions: Path) -> Path | None:
    """The version of this name, else the newest one it is the beginning of (`3.11` for 3.11.7).

    A name with a path in it is followed only while it stays among the versions: the file it comes from is the
    folder's.
    """
    plain = name.removeprefix("python-")
    if plain == "system" or ".." in Path(plain).parts or plain.startswith("/"):
        return None
    if (versions / plain).is_dir():
        return versions / plain
    candidates = [
        path
        for path in versions.iterdir()
        if path.name.startswith((f"{plain}.", f"{plain}-")) and not _NOT_FINAL.search(path.name)
    ]
    return max(candidates, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)], default=None)
