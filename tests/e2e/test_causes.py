"""Errors that name their cause, repaired on the command line: in several files at once, and only what was named."""

import subprocess

import pytest

pytestmark = pytest.mark.slow

RENAMED = """\
--- pytest.ini
[pytest]
pythonpath = .
--- shop/__init__.py
--- shop/prices.py
def total_price(items):
    return sum(items)
--- shop/report.py
import shop.prices

HOOK = "shop.prices.total_prices"


def report(items):
    return f"{shop.prices.total_prices(items)}"
--- tests/test_shop.py
from shop.cart import checkout


def test_checkout(): assert checkout([1, 2]) == 4
--- tests/test_report.py
import shop.report


def test_report(): assert shop.report.report([1, 2]) == "3"
def test_hook(): assert shop.report.HOOK
"""
CART = (
    b"# total_prices was slow once\r\nfrom shop.prices import total_prices  # total_prices\r\n\r\n\r\n"
    b"def checkout(items):\r\n\treturn total_prices(items) + 1"
)


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_name_left_behind_in_two_files(program, files, plain_pytest):
    """One of them with the line ends of another system; comments stay as they are, and so do the tests."""
    folder = files(RENAMED)
    (folder / "shop/cart.py").write_bytes(CART)
    before = contents(folder)
    done = program("fix", folder, "--apply", "--json")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    (proposal,) = done.answer["proposals"]
    assert set(proposal["fixes"]) == {"tests/test_shop.py", "tests/test_report.py::test_report"}
    assert proposal["kind"] == "fix"
    first = done.answer["first_fix"]
    assert first["candidates"] == 1 and 0 < first["seconds"] < first["proven_seconds"]
    after = contents(folder)
    assert {path for path in after if after[path] != before.get(path)} == {"shop/cart.py", "shop/report.py"}
    cart = CART.replace(b"import total_prices", b"import total_price").replace(
        b"total_prices(", b"total_price("
    )
    assert after["shop/cart.py"] == cart
    assert after["shop/report.py"] == before["shop/report.py"].replace(b"total_prices", b"total_price")
    assert plain_pytest(folder).returncode == 0


BROKEN = {
    "a syntax error": (
        "def area(w, h):\n    return w * (h + 0\n",
        "def area(w, h):\n    return w * (h + 0)\n",
    ),
    "an indentation": ("def area(w, h):\nreturn w * h\n", "def area(w, h):\n    return w * h\n"),
    "an import": (
        "A = math.pi\n\n\ndef area(w, h):\n    return w * h\n",
        "import math\n\nA = math.pi\n\n\ndef area(w, h):\n    return w * h\n",
    ),
}


@pytest.mark.parametrize(
    ("name", "framework"), [*((name, "pytest") for name in BROKEN), ("a syntax error", "unittest")]
)
def test_a_file_that_can_not_be_collected(program, files, name, framework):
    broken, mended = BROKEN[name]
    tests = "from shape import area\n\n\ndef test_area(): assert area(2, 3) == 6\n"
    if framework == "unittest":
        tests = (
            "import unittest\nfrom shape import area\n\n\nclass TestArea(unittest.TestCase):\n"
            "    def test_area(self): self.assertEqual(area(2, 3), 6)\n"
        )
    folder = files(f"--- shape.py\n{broken}--- test_shape.py\n{tests}")
    done = program("fix", folder, "--apply", "--json")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    assert done.answer["proposals"][0]["fixes"] == ["test_shape.py"]
    assert (folder / "shape.py").read_text() == mended
    assert {item["location"]["path"] for item in done.answer["findings"] if item["kind"] == "collection"}


def test_an_argument_that_a_mock_was_not_called_with(program, files):
    """The call is found by the mock's name, and said to lack what it was not called with."""
    folder = files(
        "--- ask.py\nimport getpass\n\n\ndef ask(name):\n    return getpass.getpass(f'{name}: ')\n"
        "--- test_ask.py\nfrom unittest import mock\n\nimport pytest\n\nfrom ask import ask\n\n\n"
        "@pytest.mark.parametrize('name', ['one', 'two'])\ndef test_ask(name):\n"
        "    with mock.patch('getpass.getpass') as asked:\n        ask(name)\n"
        "    asked.assert_called_once_with(f'{name}: ', stream=None)\n"
    )
    done = program("fix", folder, "--apply", "--json")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    assert "pass `stream=None` to `getpass`" in done.answer["proposals"][0]["title"]
    assert "getpass.getpass(f'{name}: ', stream=None)" in (folder / "ask.py").read_text()


def test_what_only_a_test_can_put_right_is_no_fix(program, files):
    folder = files("--- code.py\n--- test_code.py\ndef test_path(tmp_pth):\n    assert tmp_pth.is_dir()\n")
    before = contents(folder)
    done = program("fix", folder, "--apply", "--json", "--budget-seconds", "600")
    assert (done.code, done.answer["status"]) == (1, "no-fix"), done.told
    assert [proposal["kind"] for proposal in done.answer["proposals"]] == ["test-change"]
    assert "change of the tests" in done.answer["message"]
    assert contents(folder) == before


def test_a_name_that_exists_nowhere_is_not_invented(program, files):
    folder = files(
        "--- shapes.py\ndef area(w, h):\n    return frobnicate(w)\n"
        "--- test_shapes.py\nfrom shapes import area, zzyzx\n\n\ndef test_area(): assert area(2, 3) == 6\n"
    )
    done = program("fix", folder)
    assert done.code == 1, done.told
    assert "`zzyzx` is defined nowhere in the workspace" in done.told, done.told
    assert "test_shapes.py can't be collected" in done.told, done.told


TWICE = """\
--- store.py
def read_lines(path):
    with open(path) as file:
        return [line.strip() for line in file]


def write_all(path, lines):
    with open(path, "w") as file:
        file.write("\\n".join(lines))
--- app.py
from store import fetch, save


def copy(source, target):
    save(target, fetch(source))
--- test_app.py
import app


def test_copy(tmp_path):
    (tmp_path / "a").write_text("x\\ny")
    app.copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "x\\ny"
"""


def test_git_knows_what_is_called_otherwise_now(program, files, need):
    """Two names that are like none of the new ones; the second error shows only once the first is gone."""
    folder = files(TWICE)
    store = folder / "store.py"
    now = store.read_text()
    store.write_text(now.replace("read_lines", "fetch").replace("write_all", "save"))
    for words in (
        ["init"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-m", "one"],
    ):
        subprocess.run([need("git"), *words], cwd=folder, check=True, capture_output=True)
    store.write_text(now)
    done = program("fix", folder, "--apply", "--json")
    assert (done.code, done.answer["status"]) == (0, "fixed"), done.told
    assert "as `save` of store.py is called now" in done.answer["proposals"][0]["title"]
    wanted = TWICE.partition("--- app.py\n")[2].partition("--- ")[0]
    wanted = wanted.replace("fetch", "read_lines").replace("save", "write_all")
    assert (folder / "app.py").read_text() == wanted


def test_a_file_whose_tests_then_fail_is_told_of_and_not_fixed(program, files):
    folder = files(
        "--- shape.py\ndef area(w, h)\n    return w * h\n"
        "--- test_shape.py\nfrom shape import area\n\n\ndef test_area(): assert hash((area(2, 3),)) == 40961\n"
    )
    done = program("fix", folder)
    assert done.code == 1, done.told
    assert (
        "With “add the missing `:` in line 1” test_shape.py can be collected, but test_shape.py::test_area"
        in done.told
    )
