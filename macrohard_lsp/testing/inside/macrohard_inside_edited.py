"""Serves edited source files from memory to whoever imports them."""

import importlib.machinery
import os
import sys
import tokenize

import macrohard_inside_swap as swapping


class EditedFiles:
    """Compiles edited text in place of what is on disk, whichever finder found the file; all else goes its usual way.

    Bytecode of these files is neither read nor written: it is validated by size and second only. `needed` is
    called when the first of them is about to be imported, and only then have `edits` to be known.
    """

    def __init__(self, paths, needed):
        self.edits = {}
        self._paths = frozenset(paths)
        self._names = {os.path.basename(path) for path in paths}
        self._stems = {stem for path in paths for stem in _importable_names(path)}
        self._needed = needed
        self._prepared = {}
        self._original = importlib.machinery.SourceFileLoader.get_code

    def install(self):
        original, mine = self._original, self.get_code

        def get_code(loader, fullname):
            found = mine(loader.path)
            return original(loader, fullname) if found is None else found

        importlib.machinery.SourceFileLoader.get_code = get_code
        self.come_first()

    def come_first(self):
        """Before pytest's finder, which reads the files that it rewrites by itself."""
        sys.meta_path[:] = [self, *(finder for finder in sys.meta_path if finder is not self)]

    def find_spec(self, name, path=None, target=None):
        if name.rpartition(".")[2] not in self._stems:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin is None or os.path.realpath(spec.origin) not in self._paths:
            return None
        return spec

    def get_code(self, path):
        """The code of an edited file, None for any other."""
        if os.path.basename(path) not in self._names:
            return None
        real = os.path.realpath(path)
        if real not in self._paths:
            return None
        self._needed()
        edits = self.edits.get(real, [])
        known = self._prepared.get(real)
        if known is not None:
            code = known.module_code(edits)
            if code is not None:
                return code
        return compile(swapping.apply_edits(edits, read_source(path)), path, "exec", dont_inherit=True)

    def prepare(self, files):
        """Get ready to compile only the statement that such edits change: a large file takes longer than its tests."""
        for path, edits in files.items():
            if path not in self._prepared:
                try:
                    self._prepared[path] = swapping.SwappableModule(path, read_source(path), None)
                except (OSError, SyntaxError, ValueError):
                    self._prepared[path] = None
            module = self._prepared[path]
            if module is not None:
                module.prepare(edits)


def _importable_names(path):
    folder, name = os.path.split(path)
    yield os.path.splitext(name)[0]
    if name == "__init__.py":
        yield os.path.basename(folder)


def read_source(filename):
    """The text of a source file with its line endings as they are (edits count code points of that text)."""
    with open(filename, "rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
        file.seek(0)
        return file.read().decode(encoding)
