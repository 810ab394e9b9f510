"""Finds out whether an edit changes only function bodies, and if so puts the new bodies into the living functions.

A module is compiled one top-level statement at a time: the code objects of functions depend on
nothing else in the module but its future statements, and a small statement compiles quickly.
"""

import ast
import gc
import io
import os
import types
import warnings


class NotSwappable(Exception):
    """The edit changes more than function bodies (or bodies nothing refers to): the module has to be imported anew."""


class Unchanged(Exception):
    """The edit compiles to the same code."""


class LivingFunctions:
    """Every function object of the process, by where its code was defined. Build it before `gc.freeze`."""

    def __init__(self):
        self._by_place = {}
        self._real = {}
        for value in gc.get_objects():
            if type(value) is types.FunctionType:
                code = value.__code__
                key = (self._real_path(code.co_filename), code.co_firstlineno, code.co_name)
                self._by_place.setdefault(key, []).append(value)

    def at(self, filename, line, name):
        return self._by_place.get((filename, line, name), [])

    def _real_path(self, filename):
        if filename not in self._real:
            self._real[filename] = os.path.realpath(filename)
        return self._real[filename]


class SwappableModule:
    """One source file as it was imported. `filename` is its real path; `living` is needed for `bodies` only."""

    def __init__(self, filename, text, living):
        self.filename = filename
        self.text = text
        self.living = living
        # With newline="" a text stream splits where Python's tokenizer does, and changes nothing.
        self.lines = io.StringIO(text, newline="").readlines()
        tree = ast.parse(text)
        self.flags = _future_flags(tree)
        self.statements = []
        for node in tree.body:
            first = min([node.lineno] + [item.lineno for item in getattr(node, "decorator_list", [])])
            self.statements.append((first, node.end_lineno, type(node)))
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self._compiled = {}
        self.whole = None

    def bodies(self, edits):
        """Pairs (living function, new code) for an edit `[[start, end, text], ...]` in code points, sorted.

        Raises SyntaxError, NotSwappable or Unchanged.
        """
        first, last = self._statement_of(edits)
        start, end = self.starts[first - 1], self.starts[last]
        chunk = self.text[start:end]
        edited = apply_edits([[a - start, b - start, new] for a, b, new in edits], chunk)
        old = self._old_code(first, last, chunk)
        new = self._compile(edited, first)
        pairs = []
        self._compare(old, new, pairs)
        if not pairs:
            raise Unchanged
        return pairs

    def module_code(self, edits):
        """The code of the whole module with the edit, None where it has to be compiled from its text.

        Functions below the edited one keep the lines that they have in the file.
        """
        try:
            first, last = self._statement_of(edits)
        except NotSwappable:
            return None
        start, end = self.starts[first - 1], self.starts[last]
        chunk = self.text[start:end]
        self.prepare(edits)
        old = self._old_code(first, last, chunk)
        # A SyntaxError goes to whoever imports the module, as it does when the whole of it is compiled.
        new = self._compile(apply_edits([[a - start, b - start, text] for a, b, text in edits], chunk), first)
        constants = list(self.whole.co_consts)
        if not _same_shell(old, new):
            return None
        for before, after in zip(_codes(old), _codes(new)):
            places = [
                place
                for place, value in enumerate(constants)
                if isinstance(value, types.CodeType)
                and value.co_firstlineno == before.co_firstlineno
                and _equal(value, before)
            ]
            if len(places) != 1:
                return None
            constants[places[0]] = after
        return self.whole.replace(co_consts=tuple(constants))

    def prepare(self, edits):
        """Do what `module_code` needs for such an edit and what is the same for others of the same statement."""
        try:
            first, last = self._statement_of(edits)
        except NotSwappable:
            return
        self._old_code(first, last, self.text[self.starts[first - 1] : self.starts[last]])
        if self.whole is None:
            self.whole = compile(self.text, self.filename, "exec", dont_inherit=True)

    def _statement_of(self, edits):
        for first, last, kind in self.statements:
            inside = all(self.starts[first - 1] <= a and b <= self.starts[last] for a, b, _ in edits)
            if inside and kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
                return first, last
        raise NotSwappable("the edit is not inside one function or class")

    def _old_code(self, first, last, chunk):
        if (first, last) not in self._compiled:
            self._compiled[first, last] = self._compile(chunk, first)
        return self._compiled[first, last]

    def _compile(self, chunk, first):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile("\n" * (first - 1) + chunk, self.filename, "exec", self.flags, True)

    def _compare(self, old, new, pairs):
        """Collect the functions whose code differs below two codes that are equal themselves."""
        if not _same_shell(old, new):
            raise NotSwappable("the edit changes what runs at import time")
        for before, after in zip(_codes(old), _codes(new)):
            if _equal(before, after):
                continue
            if before.co_name != after.co_name:
                raise NotSwappable("the edit renames a function")
            if _is_class_body(before):
                self._compare(before, after, pairs)
            else:
                self._pair(before, after, pairs)

    def _pair(self, before, after, pairs):
        functions = self.living.at(self.filename, before.co_firstlineno, before.co_name)
        if not functions:
            raise NotSwappable("no living function has this code")
        if before.co_freevars != after.co_freevars:
            raise NotSwappable("the edit changes what the function takes from around it")
        pairs.extend((function, after) for function in functions)
        # Closures that already exist hold the inner code objects; later ones come from the new outer code.
        inner_before, inner_after = _codes(before), _codes(after)
        if len(inner_before) != len(inner_after):
            return
        for inner, inner_new in zip(inner_before, inner_after):
            if _equal(inner, inner_new) or inner.co_name != inner_new.co_name:
                continue
            if self.living.at(self.filename, inner.co_firstlineno, inner.co_name):
                self._pair(inner, inner_new, pairs)


def apply_edits(edits, text):
    parts, last = [], 0
    for start, end, new in edits:
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def _future_flags(tree):
    import __future__

    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for name in node.names:
                feature = getattr(__future__, name.name, None)
                flags |= feature.compiler_flag if feature is not None else 0
    return flags


def _codes(code):
    return [value for value in code.co_consts if isinstance(value, types.CodeType)]


def _is_class_body(code):
    return "__module__" in code.co_names and "__qualname__" in code.co_names and not code.co_flags & 0x0002


def _shell(code):
    return (
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        getattr(code, "co_exceptiontable", b""),
        tuple(_constant(value) for value in code.co_consts),
    )


def _constant(value):
    """A key in which 1, 1.0 and True differ, and in which nested code only counts as code."""
    if isinstance(value, types.CodeType):
        return ("code", value.co_name)
    if isinstance(value, tuple):
        return ("tuple", tuple(_constant(item) for item in value))
    if isinstance(value, frozenset):
        return ("set", frozenset(_constant(item) for item in value))
    return (type(value).__name__, repr(value))


def _same_shell(old, new):
    return _shell(old) == _shell(new)


def _equal(old, new):
    if not _same_shell(old, new):
        return False
    return all(_equal(before, after) for before, after in zip(_codes(old), _codes(new)))
