"""Finds out whether an edit changes only function bodies, and if so puts the new bodies into the living functions.

A module is compiled one function at a time: the code objects of functions depend on nothing else in the
module but its future statements and the names of the classes around them, and little compiles quickly.
"""

import ast
import bisect
import gc
import io
import marshal
import os
import types
import warnings


class NotSwappable(Exception):
    """The edit changes more than function bodies (or bodies nothing refers to): the module has to be imported anew."""


class Unchanged(Exception):
    """The edit compiles to the same code."""


class LivingFunctions:
    """Every function object of the user's files, by where its code was defined. Build it before `gc.freeze`."""

    def __init__(self, workspace):
        self._by_place = {}
        self._real = {}
        for value in gc.get_objects():
            if type(value) is types.FunctionType and workspace.name(value.__code__.co_filename) is not None:
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
        self._functions = list(self._functions_in(tree.body, ()))
        self._function_starts = [piece.start for piece in self._functions]
        self._compiled = {}
        self._signatures = {}
        self.whole = None

    def bodies(self, edits):
        """Triples (living function, new code, its signature) for an edit `[[start, end, text], ...]`, in code points
        and sorted. Code with the same signature does the same.

        Raises SyntaxError, NotSwappable or Unchanged.
        """
        piece = self._piece_of(edits)
        start = piece.start
        edited = apply_edits([[a - start, b - start, new] for a, b, new in edits], piece.text)
        if piece.old is None:
            piece.old = self._compile_at(piece, piece.text)
        found = []
        self._compare(piece.old, self._compile_at(piece, edited), found)
        if not found:
            raise Unchanged
        return found

    def _functions_in(self, body, around):
        """The functions of the module and of its classes; `around` are the headers of the classes they stand in."""
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                first = min([node.lineno] + [item.lineno for item in node.decorator_list])
                if len(around) < first:
                    yield _Piece(self, first, node.end_lineno, around)
            elif isinstance(node, ast.ClassDef) and not getattr(node, "type_params", None):
                indent = self.lines[node.lineno - 1][: node.col_offset]
                if not indent.strip():
                    header = "%sclass %s:\n" % (indent, node.name)
                    yield from self._functions_in(node.body, (*around, header))

    def _piece_of(self, edits):
        """The function that an edit stands in, else the whole statement of the module."""
        first, last = (edits[0][0], edits[-1][1]) if edits else (-1, -1)
        place = bisect.bisect_left(self._function_starts, first)
        # What is put between two functions may be the end of the one, and is tried as that first.
        for piece in self._functions[max(place - 1, 0) : place + 1]:
            if piece.start <= first and last <= piece.end and self._compiles(piece):
                return piece
        first, last = self._statement_of(edits)
        if (first, last) not in self._compiled:
            self._compiled[first, last] = _Piece(self, first, last, ())
        return self._compiled[first, last]

    def _compiles(self, piece):
        """Whether it can be taken out of its class: what it is indented by may differ from the header's in kind."""
        if piece.old is None and piece.alone:
            try:
                piece.old = self._compile_at(piece, piece.text)
            except SyntaxError:
                piece.alone = False
        return piece.alone

    def _compile_at(self, piece, text):
        return compile(piece.before + text, self.filename, "exec", self.flags, True)

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
        piece = self._compiled.setdefault((first, last), _Piece(self, first, last, ()))
        if piece.old is None:
            piece.old = self._compile(chunk, first)
        return piece.old

    def _compile(self, chunk, first):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return compile("\n" * (first - 1) + chunk, self.filename, "exec", self.flags, True)

    def _compare(self, old, new, found):
        """Collect the functions whose code differs below two codes that are equal themselves."""
        if self._signature_of_old(old)[0] != _shell(new):
            raise NotSwappable("the edit changes what runs at import time")
        for before, after in zip(_codes(old), _codes(new)):
            signature = signature_of(after)
            if self._signature_of_old(before) == signature:
                continue
            if before.co_name != after.co_name:
                raise NotSwappable("the edit renames a function")
            if _is_class_body(before):
                self._compare(before, after, found)
            else:
                self._pair(before, after, signature, found)

    def _signature_of_old(self, code):
        """Of code that is kept, as what it was compiled from is."""
        if id(code) not in self._signatures:
            self._signatures[id(code)] = signature_of(code)
        return self._signatures[id(code)]

    def _pair(self, before, after, signature, found):
        functions = self.living.at(self.filename, before.co_firstlineno, before.co_name)
        if not functions:
            raise NotSwappable("no living function has this code")
        if before.co_freevars != after.co_freevars:
            raise NotSwappable("the edit changes what the function takes from around it")
        found.extend((function, after, signature) for function in functions)
        # Closures that already exist hold the inner code objects; later ones come from the new outer code.
        inner_before, inner_after = _codes(before), _codes(after)
        if len(inner_before) != len(inner_after):
            return
        for inner, inner_new in zip(inner_before, inner_after):
            inner_signature = signature_of(inner_new)
            if self._signature_of_old(inner) == inner_signature or inner.co_name != inner_new.co_name:
                continue
            if self.living.at(self.filename, inner.co_firstlineno, inner.co_name):
                self._pair(inner, inner_new, inner_signature, found)


class _Piece:
    """A part of a module that is compiled by itself, at the lines where it stands."""

    def __init__(self, module, first, last, around):
        self.start, self.end = module.starts[first - 1], module.starts[last]
        self.text = module.text[self.start : self.end]
        self.before = "\n" * (first - 1 - len(around)) + "".join(around)
        self.old = None
        self.alone = True


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
        _constants(code),
    )


def _constants(code):
    """A key in which 1, 1.0 and True differ, and in which nested code only counts as code."""
    constants = code.co_consts
    if types.CodeType in map(type, constants):
        constants = tuple(
            ("code", value.co_name) if isinstance(value, types.CodeType) else value for value in constants
        )
    # The oldest format knows no references and no interned strings, in which equal values may differ.
    return marshal.dumps(constants, 0)


def _same_shell(old, new):
    return _shell(old) == _shell(new)


def signature_of(code):
    """Equal for code that does the same, wherever it stands."""
    return (_shell(code), tuple(map(signature_of, _codes(code))))


def _equal(old, new):
    return signature_of(old) == signature_of(new)
