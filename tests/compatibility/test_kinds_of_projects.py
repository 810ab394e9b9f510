"""Plugins, layouts and habits of real test suites: found as plain pytest finds them, and repaired."""

import subprocess
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Kind:
    """`wrong` stands once in `module`, and `right` in its place mends it. `notes` are said in passing."""

    files: str
    module: str
    wrong: str
    right: str
    packages: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


PRICES = """\
def total(prices):
    result = 0
    for price in prices:
        result = result - price
    return result
"""
WRONG, RIGHT = "result - price", "result + price"
PRICE_TESTS = """\
from {module} import total

def test_some(): assert total([1, 2]) == 3
def test_none(): assert total([]) == 0
def test_one(): assert total([5]) == 5
"""


def kind(files: str, module: str = "prices.py", **more) -> Kind:
    return Kind(files, module, **{"wrong": WRONG, "right": RIGHT, **more})


def with_prices(files: str) -> str:
    return f"== prices.py\n{PRICES}== test_prices.py\n{PRICE_TESTS.format(module='prices')}{files}"


KINDS = {
    "xdist": kind(
        with_prices("== pytest.ini\n[pytest]\naddopts = -n 2\n== test_more.py\ndef test_more(): pass\n"),
        packages=("pytest-xdist",),
    ),
    "asyncio": kind(
        """\
== pytest.ini
[pytest]
asyncio_mode = auto
== prices.py
import asyncio

async def total(prices):
    result = 0
    for price in prices:
        await asyncio.sleep(0)
        result = result - price
    return result
== test_prices.py
import asyncio
import pytest
from prices import total

@pytest.fixture
async def prices():
    await asyncio.sleep(0)
    return [1, 2]

async def test_some(prices): assert await total(prices) == 3
async def test_none(): assert await total([]) == 0
async def test_together(): assert await asyncio.gather(total([1]), total([2])) == [1, 2]
""",
        packages=("pytest-asyncio",),
    ),
    "django": kind(
        """\
== pytest.ini
[pytest]
DJANGO_SETTINGS_MODULE = site_settings
== site_settings.py
SECRET_KEY = "only for tests"
INSTALLED_APPS = ["books"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "books.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
== books/__init__.py
== books/models.py
from django.db import models

class Book(models.Model):
    title = models.CharField(max_length=100)
    price = models.IntegerField()
    copies = models.IntegerField(default=0)

    @property
    def worth(self):
        return self.price + self.copies

    @classmethod
    def in_stock(cls):
        return cls.objects.filter(copies__gt=0)
== test_books.py
import pytest
from books.models import Book

pytestmark = pytest.mark.django_db

@pytest.fixture
def book(): return Book.objects.create(title="One", price=5, copies=3)

def test_worth(book): assert book.worth == 15
def test_worth_of_none(): assert Book.objects.create(title="Two", price=7).worth == 0
def test_stock(book): assert [each.title for each in Book.in_stock()] == ["One"]
def test_rolled_back(): assert Book.objects.count() == 0
""",
        "books/models.py",
        packages=("django", "pytest-django"),
        wrong="self.price + self.copies",
        right="self.price * self.copies",
    ),
    "hypothesis": kind(
        with_prices("""\
== test_properties.py
from hypothesis import given, strategies as st
from prices import total

@given(st.lists(st.integers()))
def test_like_sum(prices): assert total(prices) == sum(prices)
@given(st.lists(st.just(0)))
def test_zeros(prices): assert total(prices) == 0
"""),
        packages=("hypothesis",),
    ),
    "randomly": kind(
        with_prices("== test_more.py\nimport random\ndef test_seeded(): assert random.random() < 1\n"),
        packages=("pytest-randomly",),
    ),
    "src": kind(
        f"== pytest.ini\n[pytest]\npythonpath = src\n== src/shop/__init__.py\n== src/shop/prices.py\n{PRICES}"
        f"== tests/test_prices.py\n{PRICE_TESTS.format(module='shop.prices')}",
        "src/shop/prices.py",
    ),
    "namespace": kind(
        f"== pytest.ini\n[pytest]\npythonpath = one two\n== one/wide/prices.py\n{PRICES}== two/wide/other.py\n"
        f"ONE = 1\n== tests/test_prices.py\nfrom wide.other import ONE\n{PRICE_TESTS.format(module='wide.prices')}"
        "def test_other(): assert total([ONE]) == 1\n",
        "one/wide/prices.py",
    ),
    "extension": kind(
        """\
== adding.c
#include <Python.h>
static PyObject *add(PyObject *self, PyObject *args) {
    long one, other;
    if (!PyArg_ParseTuple(args, "ll", &one, &other)) return NULL;
    return PyLong_FromLong(one + other);
}
static PyMethodDef methods[] = {{"add", add, METH_VARARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "adding", "", -1, methods};
PyMODINIT_FUNC PyInit_adding(void) { return PyModule_Create(&definition); }
== prices.py
from adding import add

def total(prices):
    result = 0
    for price in prices:
        result = add(result, result)
    return result
== test_prices.py
from adding import add
from prices import total

def test_add(): assert add(2, 3) == 5
def test_some(): assert total([1, 2]) == 3
def test_one(): assert total([4]) == 4
def test_none(): assert total([]) == 0
""",
        wrong="add(result, result)",
        right="add(result, price)",
    ),
    "threads": kind(
        """\
== prices.py
import queue
import threading

work = queue.Queue()

def serve():
    while True:
        prices, answer = work.get()
        answer.put(sum(prices) - len(prices))

threading.Thread(target=serve, daemon=True).start()

def total(prices):
    answer = queue.Queue()
    work.put((prices, answer))
    return answer.get(timeout=1)
== test_prices.py
import threading
from prices import total

def test_some(): assert total([1, 2]) == 3
def test_none(): assert total([]) == 0
def test_many():
    found = []
    threads = [threading.Thread(target=lambda: found.append(total([4]))) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert found == [4] * 4
""",
        wrong="sum(prices) - len(prices)",
        right="sum(prices)",
    ),
    "subprocesses": kind(
        with_prices("""\
== __main__.py
import sys
from prices import total
print(total(map(int, sys.argv[1:])))
== test_program.py
import pathlib, subprocess, sys

HERE = pathlib.Path(__file__).parent

def run(*words): return subprocess.run([sys.executable, str(HERE), *words], capture_output=True, text=True).stdout
def test_program(): assert run("1", "2") == "3\\n"
def test_nothing(): assert run() == "0\\n"
""")
    ),
    "sockets": kind(
        with_prices("""\
== test_server.py
import http.server, threading, urllib.request
import pytest
from prices import total

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = str(total([1, 2])).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said)
    def log_message(self, *words): pass

@pytest.fixture(scope="module")
def address():
    with http.server.ThreadingHTTPServer(("localhost", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "http://localhost:%d/" % server.server_port
        server.shutdown()

def test_served(address): assert urllib.request.urlopen(address).read() == b"3"
def test_refused():
    with pytest.raises(OSError): urllib.request.urlopen("http://localhost:9/")
""")
    ),
    "files": kind(
        with_prices("""\
== test_files.py
import pathlib, sqlite3, tempfile
from prices import total

def test_temporary(tmp_path):
    (tmp_path / "prices").write_text("1 2")
    assert total(map(int, (tmp_path / "prices").read_text().split())) == 3
def test_beside():
    place = pathlib.Path("written by a test")
    assert not place.exists()
    place.write_text("1")
    assert total([int(place.read_text())]) == 1
    place.unlink()
def test_database():
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(folder + "/db") as database:
        database.execute("create table prices (price)")
        assert database.execute("select count(*) from prices").fetchone() == (0,)
""")
    ),
    "cold": kind(
        with_prices("""\
== conftest.py
import sys
import pytest

@pytest.fixture(autouse=True)
def only_in_a_terminal():
    if "pytest" not in sys.argv[0]: raise RuntimeError("started as %s" % sys.argv[0])
"""),
        notes=("differ from cold ones",),
    ),
}


@pytest.fixture
def prepared(files, environment_with, here):
    def prepared(name: str):
        wanted = KINDS[name]
        environment = environment_with(*wanted.packages)
        folder = files(wanted.files)
        if name == "extension":
            build_extension(folder)
        return here(folder, environment)

    return prepared


def build_extension(folder: Path) -> None:
    command = ["gcc", "-shared", "-fPIC", "-I", sysconfig.get_path("include"), "adding.c"]
    command += ["-o", f"adding{sysconfig.get_config_var('EXT_SUFFIX')}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", KINDS)
def test_found_as_plain_pytest_finds_it(prepared, name: str) -> None:
    place = prepared(name)
    plain = place.plain()
    assert {"passed", "failed"} == set(plain.values())
    assert {result.id: result.outcome.value for result in place.test().results} == plain


@pytest.mark.parametrize("name", KINDS)
def test_repaired(prepared, name: str) -> None:
    place, wanted = prepared(name), KINDS[name]
    report = place.fix()
    told = (report.message, *report.notes, *(proposal.title for proposal in report.proposals))
    assert report.status.value == "fixed", told
    text = report.snapshot.files[wanted.module].text or ""
    assert text.count(wanted.wrong) == 1
    change = report.proposals[0].change_set.changes[0]
    assert change.path == wanted.module, told
    for note in wanted.notes:
        assert any(note in said for said in report.notes), told
    assert not [said for said in report.notes if not any(note in said for note in wanted.notes)], told
