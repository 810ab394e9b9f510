"""Which directories a Machine must show, read-only, so that an interpreter can run in it.

What a folder's files name is not believed: a `pyvenv.cfg` or a link in an untrusted folder may point at
anything of the user's. A directory outside is shown only when it is an environment, holds a standard library,
or holds a link that leads to an interpreter that does.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from macrohard_lsp.environment.errors import NoInterpreter, UnsafeInterpreter
from macrohard_lsp.environment.layout import installation_prefix, venv_configuration, venv_prefix

MAX_LINKS = 40

# Every Machine has these names, as links into /usr; as mounts of their own they would be in the way.
_ROOT_LINKS = frozenset(map(Path, ("/bin", "/sbin", "/lib", "/lib64")))
_KERNEL = tuple(map(Path, ("/proc", "/sys", "/dev", "/run")))


def mounts_for(executable: Path, home: Path) -> tuple[Path, ...]:
    """Directories for one interpreter, under the names it is reached by and under their real ones.

    `executable` is absolute. None of the directories lies in another. Raises NoInterpreter where a link leads
    nowhere or the base installation is gone, UnsafeInterpreter where a directory would show too much.
    """
    environment = venv_prefix(executable)
    starts = [executable]
    directories: list[Path] = []
    if environment is not None:
        directories.append(environment)
        starts.extend(_base_executables(environment, executable))
    found_library = False
    for start in starts:
        for hop in hops(start):
            if environment is not None and _inside(hop, environment):
                continue
            directory = _real_root(hop.parent)
            prefix = installation_prefix(directory)
            found_library = found_library or prefix is not None
            directories.append(prefix or directory)
    if not found_library:
        raise UnsafeInterpreter(
            f"{executable} does not belong to a Python installation: no standard library "
            "(lib/python3.*/os.py) lies beside the program it leads to. Make the environment anew, or set "
            "`interpreter` in [tool.macrohard] to another Python."
        )
    named = [*directories, *(directory.resolve() for directory in directories)]
    for directory in named:
        refuse_too_much(directory, executable, home)
    return outermost(named)


def _base_executables(environment: Path, executable: Path) -> Iterator[Path]:
    """The program of the base installation that `pyvenv.cfg` names: one where it exists.

    Raises NoInterpreter when the environment has a copied interpreter and its base is gone.
    """
    text = (venv_configuration(environment) or {}).get("home", "")
    if not text:
        raise NoInterpreter(
            f"{environment / 'pyvenv.cfg'} does not say where its base installation is (`home = …`). "
            "Make the environment anew."
        )
    base = Path(os.path.normpath(environment / text))
    names = (Path(os.path.realpath(executable)).name, executable.name, "python3", "python")
    for name in names:
        if (base / name).is_file():
            yield base / name
            return
    if _inside(Path(os.path.realpath(executable)), environment):
        raise NoInterpreter(
            f"{environment} was made from the Python in {base}, which is gone. Make the environment anew."
        )


def hops(start: Path) -> Iterator[Path]:
    """The program's names, from link to link, ending with the one that is no link."""
    hop = start
    for _ in range(MAX_LINKS):
        yield hop
        if not hop.is_symlink():
            if not hop.is_file():
                raise NoInterpreter(
                    f"{start} leads to {hop}, which does not exist. Make the environment anew, or set "
                    "`interpreter` in [tool.macrohard] to another Python."
                )
            return
        target = Path(os.path.normpath(hop.parent / hop.readlink()))
        # `..` after a linked directory means something else to the kernel than to the text.
        hop = target if _same(target, hop) else Path(os.path.realpath(hop))
    raise NoInterpreter(
        f"{start} is a link that leads through more than {MAX_LINKS} others. Remove the loop."
    )


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return not os.path.lexists(other) or not other.exists()


def _real_root(directory: Path) -> Path:
    return directory.resolve() if directory in _ROOT_LINKS else directory


def _inside(path: Path, directory: Path) -> bool:
    return path.is_relative_to(directory) or path.is_relative_to(directory.resolve())


def refuse_too_much(directory: Path, executable: Path, home: Path) -> None:
    homes = {home, home.resolve()}
    too_much = directory == Path("/") or any(owner.is_relative_to(directory) for owner in homes)
    if too_much or any(directory.is_relative_to(kernel) for kernel in _KERNEL):
        raise UnsafeInterpreter(
            f"To run {executable}, a sandbox would have to show {directory} to the code under test, and that "
            "is more than a Python installation. Make an environment with `python3 -m venv .venv`, or set "
            "`interpreter` in [tool.macrohard] to a Python in a directory of its own."
        )


def outermost(directories: Iterable[Path]) -> tuple[Path, ...]:
    """Each directory once, without those that lie in another one of them."""
    unique = tuple(dict.fromkeys(directories))
    return tuple(
        one for one in unique if not any(one != other and one.is_relative_to(other) for other in unique)
    )
