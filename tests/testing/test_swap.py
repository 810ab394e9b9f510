"""Which edits may be made by swapping function bodies, and that a swap does what a new import would do."""

import importlib.util
import sys
from pathlib import Path

import pytest

from macrohard_lsp.testing import warm

SOURCE = """\
import functools

LIMIT = 3


def add(a, b=1):
    return a + b


@functools.lru_cache
def cached(x):
    return x * 2


class Box:
    size = 1

    def grow(self, by):
        return [self.size + by for _ in range(2)]

    @property
    def wide(self):
        return self.size > 1


def maker(n):
    def inner(x):
        return x + n

    return inner


living = maker(10)
\fdef last(x):
    return f"{x}!"
"""


@pytest.fixture
def swap(monkeypatch):
    monkeypatch.syspath_prepend(str(warm.INSIDE))
    import macrohard_inside_swap

    return macrohard_inside_swap


@pytest.fixture
def module(tmp_path, swap):
    path = tmp_path / "subject.py"
    path.write_bytes(SOURCE.encode())
    spec = importlib.util.spec_from_file_location("subject_of_swap", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    yield loaded
    sys.modules.pop("subject_of_swap", None)


def edited(module, swap, old, new):
    """Swap one occurrence of `old` for `new` in the living functions of `module`."""
    from macrohard_inside_paths import Workspace

    start = SOURCE.index(old)
    path = Path(module.__file__).resolve()
    source = swap.SwappableModule(str(path), SOURCE, swap.LivingFunctions(Workspace(str(path.parent))))
    for function, code, _ in source.bodies([[start, start + len(old), new]]):
        function.__code__ = code


@pytest.mark.parametrize(
    ("old", "new", "call", "before", "after"),
    [
        ("a + b", "a - b", lambda m: m.add(5), 6, 4),
        ("x * 2", "x * 3", lambda m: m.cached(4), 8, 12),
        ("self.size + by", "by", lambda m: m.Box().grow(4), [5, 5], [4, 4]),
        ("self.size > 1", "self.size > 0", lambda m: m.Box().wide, False, True),
        ("x + n", "x * n", lambda m: m.maker(3)(4), 7, 12),
        ("x + n", "x * n", lambda m: m.living(4), 14, 40),
        ('f"{x}!"', 'f"{x}?"', lambda m: m.last(1), "1!", "1?"),
        ("    return a + b", "    a = 0\n    return a + b", lambda m: m.add(5), 6, 1),
    ],
)
def test_new_bodies_in_living_functions(module, swap, old, new, call, before, after):
    if old != "x * 2":  # A cache would rightly keep the old answer.
        assert call(module) == before
    edited(module, swap, old, new)
    assert call(module) == after


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("b=1", "b=2"),
        ("size = 1", "size = 2"),
        ("@property\n", "@staticmethod\n"),
        ("def add", "def plus"),
        ("return x + n", "return x"),
    ],
)
def test_what_runs_at_import_time_can_not_be_swapped(module, swap, old, new):
    with pytest.raises(swap.NotSwappable):
        edited(module, swap, old, new)


def test_an_edit_that_compiles_to_the_same_code(module, swap):
    with pytest.raises(swap.Unchanged):
        edited(module, swap, "a + b", "(a + b)")


def test_one_and_true_are_different_constants(module, swap):
    edited(module, swap, "self.size > 1", "self.size == True")
    assert module.Box().wide is True


def test_a_syntax_error_is_told(module, swap):
    with pytest.raises(SyntaxError):
        edited(module, swap, "a + b", "a +")
