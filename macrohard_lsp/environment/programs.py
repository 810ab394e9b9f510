"""Finding the program that a test command starts, and what a Machine must show of it, by reading files only.

As for an interpreter: what lies in the home directory is shown read-only and no more of it than an installation. The
program's own file always is, as the user's PATH or settings name it; the directory around it where it is one of Node's
(nvm, fnm, volta and the others keep theirs below the home directory).
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from macrohard_lsp.environment.errors import NoProgram
from macrohard_lsp.environment.layout import is_file, is_program, read_json
from macrohard_lsp.environment.mounts import hops, mounts_for, outermost, refuse_too_much

SYSTEM = (Path("/usr"), Path("/nix/store"))
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
NODE = "node"
NEED_NODE = frozenset({NODE, "npm", "npx", "pnpm", "yarn", "corepack"})
PYTHONS = ("python", "pypy")
MOST_SHEBANGS = 4
SHEBANG_BYTES = 256


@dataclass(frozen=True, slots=True)
class Program:
    """`executable` is the path to start, `mounts` what a Machine must show, read-only, `path` the PATH inside."""

    executable: Path
    mounts: tuple[Path, ...]
    path: str


def find_program(
    word: str, folder: Path, directory: str, *, variables: Mapping[str, str], home: Path
) -> Program:
    """The program that `word` names for a command started in `directory` of `folder`.

    A word with a slash is a path, relative to that directory; any other is looked for in `node_modules/.bin` there
    and above, then on PATH. Raises NoProgram, and UnsafeInterpreter where a Machine would have to show too much.
    """
    root = folder.resolve()
    search = _Search(root, root / directory, variables, home)
    executable = search.find(word)
    if executable is None:
        looked = f"at {root / directory / word}" if "/" in word else "in node_modules/.bin or on PATH"
        raise NoProgram(f"there is no program `{word}` {looked}; install it, or correct `command`")
    needed = [executable, *search.behind_shebangs(executable)]
    if word in NEED_NODE and (node := search.find(NODE)) is not None:
        needed.append(node)
    mounts = [mount for program in needed for mount in search.mounts(program)]
    places = dict.fromkeys((*map(_directory, needed), *search.system_path(), *SYSTEM_PATH))
    return Program(executable, outermost(mounts), ":".join(places))


def _directory(program: Path) -> str:
    return str(program.parent)


@dataclass(frozen=True, slots=True)
class _Search:
    folder: Path
    directory: Path
    variables: Mapping[str, str]
    home: Path

    def find(self, word: str) -> Path | None:
        if "/" in word:
            path = self.home / word[2:] if word.startswith("~/") else self.directory / word
            return Path(os.path.normpath(path)) if _can_start(path) else None
        return next((path for path in self._candidates(word) if _can_start(path)), None)

    def _candidates(self, word: str) -> Iterator[Path]:
        above = (place for place in self.directory.parents if place.is_relative_to(self.folder))
        for place in (self.directory, *above):
            yield place / "node_modules" / ".bin" / word
        for entry in self._entries():
            path = entry / word
            yield self._behind_volta(path) or path

    def _entries(self) -> Iterator[Path]:
        """PATH, without relative entries: they could lead into the folder."""
        entries = map(Path, self.variables.get("PATH", "").split(":"))
        # fnm's are links that lie among the files of a login, which no Machine may show.
        return (entry.resolve() for entry in entries if entry.is_absolute())

    def _behind_volta(self, path: Path) -> Path | None:
        """What volta's shim would start: the shim itself needs all of volta's directory."""
        if path.name not in NEED_NODE or not path.is_symlink() or path.resolve().name != "volta-shim":
            return None
        tools = path.parent.parent / "tools"
        version = read_json(tools / "user" / "platform.json", "node", "runtime")
        return tools / "image" / "node" / version / "bin" / path.name if isinstance(version, str) else None

    def behind_shebangs(self, program: Path) -> Iterator[Path]:
        """What a script is started by, and what that is, if it is a script."""
        for _ in range(MOST_SHEBANGS):
            words = _shebang(program)
            if not words:
                return
            word = words[1] if Path(words[0]).name == "env" and len(words) > 1 else words[0]
            found = self.find(word)
            if found is None:
                return
            yield found
            program = found

    def mounts(self, program: Path) -> Iterator[Path]:
        """What has to be shown of one program beside the system and the folder."""
        if program.name.startswith(PYTHONS):
            yield from mounts_for(program, self.home)
            return
        for hop in hops(program):
            if any(hop.is_relative_to(shown) for shown in (*SYSTEM, self.folder)) or _in_system(hop):
                continue
            shown = _node_installation(hop) or hop
            for path in (shown, shown.resolve()):
                refuse_too_much(path, program, self.home)
                yield path

    def system_path(self) -> Iterator[str]:
        """The user's own entries of PATH that a Machine shows anyway, such as /usr/local/go/bin."""
        return (str(entry) for entry in self._entries() if any(entry.is_relative_to(one) for one in SYSTEM))


def _in_system(path: Path) -> bool:
    """`/bin/x` where `/bin` is a link into /usr."""
    return any(path.parent.resolve().is_relative_to(shown) for shown in SYSTEM) and len(path.parts) <= 3


def _node_installation(program: Path) -> Path | None:
    """The prefix of the installation of Node whose program this is, told by its headers or its own packages."""
    prefix = program.parent.parent
    if program.parent.name != "bin" or not is_program(program.parent / NODE):
        return None
    marks = (
        prefix / "include" / "node" / "node_version.h",
        prefix / "lib" / "node_modules" / "npm" / "package.json",
    )
    return prefix if any(map(is_file, marks)) else None


def _can_start(path: Path) -> bool:
    return is_file(path) and os.access(path, os.X_OK)


def _shebang(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            first = file.read(SHEBANG_BYTES).partition(b"\n")[0]
    except OSError:
        return []
    return first[2:].decode("utf-8", "replace").split() if first.startswith(b"#!") else []
