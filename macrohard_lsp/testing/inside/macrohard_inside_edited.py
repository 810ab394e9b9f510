"""Serves edited source files from memory to whoever imports them."""

import importlib.machinery
import os
import tokenize

import macrohard_inside_swap as swapping


class EditedFiles:
    """A finder that serves edited sources from memory; all other imports go their usual way."""

    def __init__(self, edited):
        self.edited = edited

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin is None:
            return None
        edits = self.edited.get(os.path.realpath(spec.origin))
        if edits is None:
            return None
        spec.loader = EditedLoader(name, spec.origin, edits)
        spec.cached = None
        return spec


class EditedLoader(importlib.machinery.SourceFileLoader):
    """Compiles the edited text; never reads or writes bytecode, which is validated by size and second only."""

    def __init__(self, name, path, edits):
        super().__init__(name, path)
        self.edits = edits

    def get_code(self, fullname):
        text = swapping.apply_edits(self.edits, read_source(self.path))
        return compile(text, self.path, "exec", dont_inherit=True)


def read_source(filename):
    """The text of a source file with its line endings as they are (edits count code points of that text)."""
    with open(filename, "rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
        file.seek(0)
        return file.read().decode(encoding)
