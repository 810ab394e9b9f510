"""Which tests a change can affect, by what each used: real runs, then one edit after the other."""

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.testing.footprints.blocks import blocks_of
from macrohard_lsp.testing.footprints.choose import choose
from macrohard_lsp.testing.footprints.learn import WatchedRun, learn
from macrohard_lsp.testing.footprints.model import Footprints, Kept, KeptFile, Present
from macrohard_lsp.testing.footprints.storage import read_footprints, write_footprints
from macrohard_lsp.workspace.index import build_index
from macrohard_lsp.workspace.python_syntax import parse

SHOP = """
    == shop/__init__.py
    from shop.prices import net, gross
    __version__ = "1"
    == shop/prices.py
    import functools

    RATE = 2

    def net(x):
        return x

    def gross(x):
        return net(x) * RATE

    def registered(function):
        return function

    @registered
    def listed(x=net(1)):
        return [one for one in (1, 2)]
    == shop/stock.py
    from pathlib import Path
    LIMIT = 1
    def words():
        return (Path(__file__).parent.parent / "words.txt").read_text()
    def names():
        return sorted(path.name for path in (Path(__file__).parent.parent / "data").iterdir())
    class Stock:
        def __init__(self):
            self.count = 1
        def left(self):
            return self.count
    == shop/plug.py
    def plugged():
        return 1
    == shop/unused.py
    def unused():
        return 1
    == words.txt
    a b
    == data/one.csv
    1
    == README.md
    Shop
    == pyproject.toml
    [project]
    version = "1"
    [tool.pytest.ini_options]
    markers = ["a"]
    == tests/conftest.py
    import pytest
    @pytest.fixture(scope="session")
    def stock():
        from shop.stock import Stock
        return Stock()
    == tests/test_prices.py
    from shop import gross, net
    from shop.prices import listed
    def test_net():
        assert net(1) == 1
    def test_gross():
        assert gross(1) == 2
    def test_listed():
        assert listed() == [1, 2]
    == tests/test_stock.py
    import importlib, subprocess, sys
    import pytest
    from shop.stock import names, words
    def test_first(stock):
        assert stock.count == 1
    def test_second(stock):
        from shop.stock import LIMIT
        assert stock and LIMIT
    def test_left(stock):
        assert stock.left() == 1
    def test_words():
        assert words()
    def test_names():
        assert names()
    def test_plugged():
        assert importlib.import_module("shop.plug").plugged() == 1
    @pytest.mark.parametrize("n", [1, 2])
    def test_many(n):
        assert n
    == tests/test_program.py
    import subprocess, sys
    def test_program():
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    def test_alone():
        pass
    """
PROGRAM = "program::test_program"
EVERY_FILE = "prices program stock"  # The conftest imports what imports everything.
IMPORTS = "prices:: stock::"  # Files that are imported, and none of whose tests runs.
SHARED = "stock::test_first stock::test_second stock::test_left"

# Each case: file, what is replaced there (None: the whole file), by what (None: the file is removed), and the
# tests that run, without what all ids have in common. `test_program` starts a program, which may read anything.
CASES = {
    "nothing": ("README.md", "Shop", "Shop", ""),
    "a file that no test opens": ("README.md", "Shop", "Store", PROGRAM),
    "a function's body": (
        "shop/prices.py", "return net(x) * RATE", "return RATE * net(x)", f"{PROGRAM} prices::test_gross",
    ),
    "one that another calls, and an import": (
        "shop/prices.py", "    return x\n", "    return x + 0\n", EVERY_FILE,
    ),
    "one that nothing calls": ("shop/unused.py", "return 1", "return 2", PROGRAM),
    "a comment": (
        "shop/prices.py", "return net(x) * RATE", "# why\n    return net(x) * RATE  # so", PROGRAM,
    ),
    "a constant": (
        "shop/prices.py", "RATE = 2", "RATE = 3", f"{PROGRAM} prices::test_gross stock::",
    ),
    "a function that ran with the import": (
        "shop/prices.py", "return function", "return (function)", EVERY_FILE,
    ),
    "what a shared fixture ran": (
        "shop/stock.py", "self.count = 1", "self.count = 2", f"{PROGRAM} {SHARED}",
    ),
    "a method": ("shop/stock.py", "return self.count", "return +self.count", f"{PROGRAM} stock::test_left"),
    "the shared fixture": (
        "tests/conftest.py", "return Stock()", "return Stock() or 1", f"{PROGRAM} {SHARED}",
    ),
    "a file that a test opens": ("words.txt", "a", "b", f"{PROGRAM} stock::test_words"),
    "the same, removed": ("words.txt", None, None, f"{PROGRAM} stock::test_words"),
    "a name in a folder that a test lists": ("data/two.csv", None, "2", f"{PROGRAM} stock::test_names"),
    "a file in it": ("data/one.csv", "1", "2", PROGRAM),
    "an import by a name made up": (
        "shop/plug.py", "return 1", "return 2", f"{PROGRAM} stock::test_plugged",
    ),
    "a test": ("tests/test_prices.py", "net(1) == 1", "net(2) == 2", f"{PROGRAM} prices::test_net"),
    "one more test": (
        "tests/test_prices.py",
        "def test_gross",
        "def test_new(): pass\ndef test_gross",
        f"{PROGRAM} prices::test_new",
    ),
    "one more function": (
        "shop/prices.py", "RATE = 2", "RATE = 2\ndef fresh(): pass", f"{PROGRAM} {IMPORTS}",
    ),
    "one more whose name a test mentions": (
        "shop/prices.py",
        "RATE = 2",
        "RATE = 2\ndef plugged(): pass",
        f"{PROGRAM} prices:: stock::test_plugged",
    ),
    "one more that runs another for its default": (
        "shop/prices.py", "RATE = 2\n", "RATE = 2\ndef fresh(x=print()): pass\n", EVERY_FILE,
    ),
    "one more with a decorator": (
        "shop/prices.py",
        "RATE = 2",
        "RATE = 2\n@registered\ndef fresh(): pass",
        EVERY_FILE,
    ),
    "a constant that nothing mentions": ("shop/__init__.py", '"1"', '"2"', f"{PROGRAM} {IMPORTS}"),
    # Those with the shared fixture import its module as they run, so that they would be the ones to see it fail.
    "one that a test mentions": ("shop/stock.py", "LIMIT = 1", "LIMIT = 2", f"{PROGRAM} {SHARED}"),
    "a function's defaults": (
        "shop/stock.py", "def words()", "def words(a=1)", f"{PROGRAM} {SHARED} stock::test_words",
    ),
    "a function removed": (
        "shop/prices.py",
        "def gross(x):\n    return net(x) * RATE\n",
        "",
        f"{PROGRAM} prices::test_gross stock::",
    ),
    "one more case of a test": (
        "tests/test_stock.py", "[1, 2]", "[1, 2, 3]", f"{PROGRAM} stock::test_many",
    ),
    "a test removed": (
        "tests/test_prices.py",
        "def test_gross():\n    assert gross(1) == 2\n",
        "",
        f"{PROGRAM} prices::",
    ),
    "a function that pytest calls": (
        "tests/test_prices.py", "def test_net", "def setup_module(): pass\ndef test_net", f"{PROGRAM} prices",
    ),
    "a name that pytest reads": (
        "tests/test_prices.py", "def test_net", "__test__ = False\ndef test_net", f"{PROGRAM} prices",
    ),
    "one more file of tests": ("tests/test_new.py", None, "def test_a(): pass\n", f"{PROGRAM} new"),
    "a file of tests removed": ("tests/test_prices.py", None, None, PROGRAM),
    "one more module": ("shop/more.py", None, "def f(): pass\n", PROGRAM),
    "one more conftest": ("shop/conftest.py", None, "x = 1\n", "all"),
    "pytest's configuration": ("pyproject.toml", '["a"]', '["b"]', "all"),
    "other configuration": ("pyproject.toml", 'version = "1"', 'version = "2"', PROGRAM),
}  # fmt: skip


NAMES = """
    == lib/__init__.py
    == lib/values.py
    import os
    LIMIT = 1
    OTHER = 1
    MADE = os.getpid()
    class Base:
        kind = "a"
        def hello(self):
            return self.kind
    class Derived(Base):
        pass
    class Apart:
        kind = "a"
        def hello(self):
            return self.kind
    def make():
        return Base()
    == lib/plain.py
    SEEN = 1
    def untouched():
        return [1].count(1)
    == lib/holds.py
    from lib import values as held
    def by_made_up_name(name):
        return getattr(held, name)
    def by_listing():
        return sorted(vars(held))
    def by_getattr():
        return getattr(held, "LIMIT")
    == lib/reads.py
    from lib.values import LIMIT as BOUND
    import lib.values
    TWICE = BOUND * 2
    def by_import():
        return BOUND
    def by_what_is_made_of_it():
        return TWICE
    def by_attribute():
        return lib.values.LIMIT
    def limited(LIMITED):
        return LIMITED
    == lib/star.py
    from lib.values import *
    def by_star():
        return LIMIT
    def beside():
        LIMITS = 1
        return LIMITS
    == lib/late.py
    WHEN = 1
    def late():
        return 1
    == lib/maybe.py
    PERHAPS = 1
    == lib/tries.py
    try:
        from lib.maybe import PERHAPS
    except ImportError:
        PERHAPS = 0
    == tests/test_names.py
    from lib.holds import by_getattr, by_listing, by_made_up_name
    from lib.plain import untouched
    from lib.reads import *
    from lib.star import beside, by_star
    from lib.values import Apart, Derived, make
    def test_by_import():
        assert by_import()
    def test_by_what_is_made_of_it():
        assert by_what_is_made_of_it()
    def test_by_attribute():
        assert by_attribute()
    def test_by_getattr():
        assert by_getattr()
    def test_by_made_up_name():
        assert by_made_up_name("LIM" + "IT")
    def test_by_listing():
        assert by_listing()
    def test_by_star():
        assert by_star()
    def test_untouched():
        assert untouched() and beside() and limited(1)
    def test_an_object():
        assert make().hello()
    def test_a_derived_one():
        assert Derived().hello()
    def test_apart():
        assert Apart().hello()
    == tests/conftest.py
    def pytest_generate_tests(metafunc):
        if "n" in metafunc.fixturenames:
            metafunc.parametrize("n", range(metafunc.module.TIMES))
    == tests/test_times.py
    TIMES = 2
    ONCE = 1
    def test_times(n):
        assert n in (0, 1)
    def test_once():
        assert ONCE
    == tests/test_late.py
    "Imports as it runs."
    def test_late():
        from lib.late import late
        assert late()
    def test_early():
        pass
    == tests/test_tries.py
    import lib.tries
    def test_tries():
        assert lib.tries
    def test_nothing():
        pass
    == tests/test_plain.py
    import lib.plain as plain
    def test_module():
        assert vars(plain)
    def test_another():
        assert 1
    """
# What is handed on as a value may be asked for any name.
LISTING = "names::test_by_made_up_name names::test_by_listing names::test_by_getattr"
READING = " ".join(
    f"names::test_by_{way}"
    for way in ("import", "what_is_made_of_it", "attribute", "getattr", "made_up_name", "listing", "star")
)
OBJECTS = "names::test_an_object names::test_a_derived_one"

CASES_OF_NAMES = {
    "a constant that is read in every way": ("lib/values.py", "LIMIT = 1", "LIMIT = 2", READING),
    "the same, by a list": ("lib/values.py", "LIMIT = 1", "LIMIT = [2, -3]", READING),
    "the same, removed": ("lib/values.py", "LIMIT = 1\n", "", READING),
    "one that nobody names": ("lib/values.py", "OTHER = 1", "OTHER = 2", LISTING),
    "one more": ("lib/values.py", "OTHER = 1", "OTHER = 1\nFRESH = 1", LISTING),
    "what a call makes": ("lib/values.py", "os.getpid()", "os.getppid()", "names"),
    "an attribute of a class": (
        "lib/values.py",
        'class Base:\n    kind = "a"',
        'class Base:\n    kind = "b"',
        f"{LISTING} {OBJECTS}",
    ),
    "one more method": (
        "lib/values.py",
        'class Base:\n    kind = "a"',
        'class Base:\n    def __len__(self): return 1\n    kind = "a"',
        f"{LISTING} {OBJECTS}",
    ),
    "of a class that another one has nothing to do with": (
        "lib/values.py",
        'class Apart:\n    kind = "a"',
        'class Apart:\n    kind = "b"',
        f"{LISTING} names::test_apart",
    ),
    "a method that a class has as it is made": (
        "lib/values.py",
        'class Base:\n    kind = "a"',
        'class Base:\n    def __init_subclass__(cls): pass\n    kind = "a"',
        "names",
    ),
    "a name of the standard library's": (
        "lib/plain.py", "SEEN = 1", "import json\nSEEN = 1", "names:: plain::test_module",
    ),
    "one of a module that was not there": (
        "lib/plain.py", "SEEN = 1", "from lib.late import late\nSEEN = 1", "names plain",
    ),
    "a module that is listed": ("lib/plain.py", "SEEN = 1", "SEEN = 2", "names:: plain::test_module"),
    "what only a test's own import would see fail": ("lib/late.py", "WHEN = 1", "WHEN = 2", "late::test_late"),
    "what a hook reads": ("tests/test_times.py", "TIMES = 2", "TIMES = 1", "times"),
    "what it does not": ("tests/test_times.py", "ONCE = 1", "ONCE = 2", "times::test_once"),
    "what nobody would see fail": ("lib/maybe.py", "PERHAPS = 1", "PERHAPS = 2", "tries"),
}  # fmt: skip


def snapshot_of(texts):
    return Snapshot(Path("/shop"), {path: source_file(path, text.encode()) for path, text in texts.items()})


def named(choice):
    """As the cases write them."""
    if choice is None:
        return {"all"}
    return {re.sub(r"tests/test_(\w+)\.py", r"\1", name) for name in choice.names}


def edited(texts, path, old, new):
    if new is None:
        return {name: text for name, text in texts.items() if name != path}
    assert old is None or texts[path].count(old) == 1, (
        f"{old!r} stands {texts[path].count(old)} times in {path}"
    )
    return {**texts, path: new if old is None else texts[path].replace(old, new)}


@pytest.fixture(
    params=[
        None,
        pytest.param(("3.9", "pytest==6.2.5"), id="3.9"),
        pytest.param(("3.13", "pytest==9.*"), id="3.13"),
    ]
)
def interpreter(request, python_with):
    if request.param is None:
        return None
    version, package = request.param
    found = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return python_with(found[-1] if found else "", package)


def test_what_a_change_affects(run, parsed, interpreter):
    check(SHOP, CASES, run, parsed, interpreter)


def test_what_a_change_of_names_affects(run, parsed):
    check(NAMES, CASES_OF_NAMES, run, parsed)


def check(text, cases, run, parsed, interpreter=None):
    texts = parsed(text).files
    tested = run(text, interpreter=interpreter, footprints=True)
    assert tested.run.problem is None and not tested.run.broken, tested.run
    blocks = {}
    before = snapshot_of(texts)
    ran = WatchedRun((), tested.collected, tested.run.results, tested.footprints)
    known = learn(Footprints("here"), ran, Present(before, blocks), build_index(before))
    found, expected = {}, {}
    for name, (path, old, new, wanted) in cases.items():
        after = snapshot_of(edited(texts, path, old, new))
        found[name] = named(choose(known, Present(after, blocks), build_index(after)))
        expected[name] = whole(set(wanted.split()))
    assert found == expected


def whole(names):
    """A test of a file that runs whole isn't named beside it."""
    return {name for name in names if name.partition("::")[0] not in names or "::" not in name}


def test_later_runs_are_learned_from(run, parsed):
    """A changed function calls another one: from then on that one counts too; the other tests stay known."""
    texts = parsed(SHOP).files
    tested = run(SHOP, footprints=True)
    blocks, before = {}, snapshot_of(texts)
    ran = WatchedRun((), tested.collected, tested.run.results, tested.footprints)
    known = learn(Footprints("here"), ran, Present(before, blocks), build_index(before))
    texts = edited(
        texts, "tests/test_prices.py", "assert gross(1) == 2", "from shop.unused import unused\n    unused()"
    )
    ids = ("tests/test_prices.py::test_gross",)
    again = run("".join(f"== {path}\n{text}" for path, text in texts.items()), footprints=True, ids=ids)
    now = snapshot_of(texts)
    part = WatchedRun(ids, again.collected, again.run.results, again.footprints)
    learned = learn(known, part, Present(now, blocks), build_index(now))
    assert named(choose(learned, Present(now, blocks), build_index(now))) == {"program::test_program"}
    later = snapshot_of(edited(texts, "shop/unused.py", "return 1", "return 2"))
    assert named(choose(learned, Present(later, blocks), build_index(later))) == {
        "program::test_program", "prices::test_gross",
    }  # fmt: skip


def test_what_is_bound_anew_is_imported_once(run, parsed):
    """A file none of whose tests runs is imported: what fails is seen, what doesn't counts as it is from then on."""
    texts = parsed(SHOP).files
    tested = run(SHOP, footprints=True)
    blocks, before = {}, snapshot_of(texts)
    ran = WatchedRun((), tested.collected, tested.run.results, tested.footprints)
    known = learn(Footprints("here"), ran, Present(before, blocks), build_index(before))
    ids = ("tests/test_prices.py::test_gross", "tests/test_stock.py::")
    for value, left in (("3", set()), ("THREE", {"prices::test_gross", "stock::"})):
        changed = edited(texts, "shop/prices.py", "RATE = 2", f"RATE = {value}")
        now = snapshot_of(changed)
        again = run("".join(f"== {path}\n{text}" for path, text in changed.items()), footprints=True, ids=ids)
        outcomes = {(result.id, result.phase, result.outcome.value) for result in again.run.results}
        part = WatchedRun(ids, again.collected, again.run.results, again.footprints)
        learned = learn(known, part, Present(now, blocks), build_index(now))
        assert named(choose(learned, Present(now, blocks), build_index(now))) == {PROGRAM, *left}
        assert outcomes == (
            {(f"tests/test_{name}.py", "collect", "error") for name in ("prices", "stock")}
            if left
            else {("tests/test_prices.py::test_gross", "call", "failed")}
        )


def test_the_likeliest_to_fail_come_first_then_the_quick():
    needs = {"a.py": frozenset({"x"})}
    texts = {"a.py": "", **{f"test_{name}.py": "" for name in "abcd"}}
    present = Present(snapshot_of(texts), {})
    file_needs = {"a.py": frozenset({blocks_of("").body})}
    tests = {
        "test_a.py::t": Kept(needs, 3.0),
        "test_b.py::t": Kept(needs, 1.0),
        "test_c.py::t": Kept(needs, 2.0, broke=True),
        "test_d.py::t": Kept({**needs, "gone.py": frozenset({"y"})}, 9.0),
    }
    files = {name.partition("::")[0]: (name, f"{name.partition('::')[0]}::other") for name in tests}
    known = Footprints(
        "",
        {**tests, **{ids[1]: Kept({}) for ids in files.values()}},
        {path: KeptFile(ids, file_needs) for path, ids in files.items()},
        known=frozenset(texts),
    )
    chosen = choose(known, present, build_index(snapshot_of(texts)))
    assert chosen is not None
    assert chosen.names == ("test_c.py::t", "test_d.py::t", "test_b.py::t", "test_a.py::t")


def test_files_run_in_the_order_in_which_they_are_named(run):
    text = "".join(f"== test_{name}.py\ndef test_1(): pass\ndef test_2(): pass\n" for name in "abc")
    ids = ("test_c.py::test_2", "test_a.py", "test_c.py::test_1")
    tested = run(text, ids=ids, ordered=True)
    assert [result.id for result in tested.run.results] == [
        "test_c.py::test_1", "test_c.py::test_2", "test_a.py::test_1", "test_a.py::test_2",
    ]  # fmt: skip


def test_what_is_kept_comes_back_and_a_damaged_file_is_nothing(tmp_path):
    footprints = Footprints(
        "py", {"t.py::a": Kept({"a.py": frozenset({"1", "2"})}, 0.5, True)}, known=frozenset({"a.py"})
    )
    folder = Path("/some/folder")
    write_footprints(tmp_path / "kept", folder, footprints)
    assert read_footprints(tmp_path / "kept", folder) == footprints
    assert read_footprints(tmp_path / "kept", Path("/another")) is None
    (file,) = (tmp_path / "kept").iterdir()
    for damage in (b"", b"{}", file.read_bytes()[:-5]):
        file.write_bytes(damage)
        assert read_footprints(tmp_path / "kept", folder) is None


PIECES = st.sampled_from(
    ["x = 1", "@d", "def f(a=1):", "    return a", "class C:", "    def m(self):",
     "        return '''a\n\n  b'''", "if x:", "    y = 2", "s = 'a # b'"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12), st.data())
def test_comments_and_blank_lines_change_no_block(pieces, data):
    text = "\n".join(pieces) + "\n"
    # Where the tree is a guess, a comment can change the guess; no test passes on such a file.
    assume(not parse(text).has_error)
    lines = text.split("\n")
    # Not inside of the string that has several lines.
    free = [at for at in range(len(lines)) if "\n".join(lines[:at]).count("'''") % 2 == 0]
    at = data.draw(st.sampled_from(free))
    more = data.draw(st.sampled_from(["", "   ", "# comment", "        # comment"]))
    changed = "\n".join([*lines[:at], more, *lines[at:]])
    before, after = blocks_of(text), blocks_of(changed)
    assert before.body == after.body
    assert [digest for _, _, digest in before.functions] == [digest for _, _, digest in after.functions]


@pytest.mark.parametrize(
    "old, new",
    [
        ("'a\n\n  b'", "'a\n  b'"),
        ("return 1", "return 2"),
        ("a = 1", "a = 2"),
        ("def f", "def g"),
        ("@d\n", ""),
        ("    y", "y"),
    ],
)
def test_everything_else_does(old, new):
    text = "@d\ndef f(a = 1):\n    return 1\nx = '''a\n\n  b'''\nif x:\n    y = 1\n"
    assert text.count(old) == 1
    assert blocks_of(text) != blocks_of(text.replace(old, new))


def test_equal_bodies_are_different_functions():
    assert (
        len(
            {
                digest
                for _, _, digest in blocks_of("def f():\n    pass\n" * 2 + "def g():\n    pass\n").functions
            }
        )
        == 3
    )
