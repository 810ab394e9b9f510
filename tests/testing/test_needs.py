"""Which failures want a setting of the sandbox: told from a real run, judged by what is really there outside."""

import os
import socket
import tomllib
from pathlib import Path

import pytest

from macrohard_lsp.core.testrun import Ending, Outcome, TestResult, Wanted, WantedKind
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.engine.withheld import WithheldHere
from macrohard_lsp.sandbox.spec import Openings
from macrohard_lsp.settings.model import SandboxSettings
from macrohard_lsp.testing.needs import need_of

WANTING = """
    == settings_of_app.py
    import os
    class Missing(Exception): pass
    def key():
        try:
            return os.environ["WANTED_KEY"]
        except KeyError as error:
            raise Missing("no key was set") from error
    == client.py
    import socket
    class Client:
        def __init__(self, port):
            self.port = port
        def connect(self):
            sock = socket.socket()
            sock.connect(("localhost", self.port))
    == test_wants.py
    import asyncio, os, pathlib, shutil, socket, sqlite3, urllib.request
    import pytest
    from client import Client
    from settings_of_app import key

    PORT = {port}
    OUTSIDE = pathlib.Path("{outside}")

    def connect(address): socket.create_connection(address, 5)
    @pytest.fixture
    def database(): connect(("localhost", PORT))

    def test_connect(): connect(("127.0.0.1", {port}))
    def test_connect_by_name(): socket.socket().connect(("127.0.0.1", PORT))
    def test_client(): Client(PORT).connect()
    def test_url(): urllib.request.urlopen("http://localhost:{port}/")
    def test_asyncio(): asyncio.run(asyncio.open_connection("localhost", PORT))
    def test_fixture(database): pass
    def test_driver(): raise RuntimeError('connection to server at "localhost", port {port} failed: Connection refused')
    def test_variable(): os.environ["WANTED_KEY"]
    def test_variable_of_app(): key()
    def test_variable_in_words(): raise ValueError("the environment variable WANTED_KEY is not set")
    def test_file(): (OUTSIDE / "file").read_text()
    def test_relative_file(): open(os.path.relpath(OUTSIDE / "file")).read()
    def test_directory(): os.listdir(OUTSIDE)
    def test_write(): (OUTSIDE / "new").write_text("x")
    def test_append():
        with open(OUTSIDE / "new", "a"): pass
    def test_make(): os.mkdir(OUTSIDE / "made")

    # From here on nothing is wanted that is there outside, or the failure is about something else.
    def test_nobody_listens(): connect(("127.0.0.1", {silent}))
    def test_asserted_port():
        try: connect(("127.0.0.1", PORT))
        except OSError: pytest.fail("connection refused: localhost:{port}")
    def test_other_key(): dict()["WANTED_KEY"]
    def test_asserted_key(): assert "WANTED_KEY" in {{}}, "environment variable WANTED_KEY is missing"
    def test_unset_variable(): os.environ["NOBODY_SETS_THIS"]
    def test_given_variable():
        del os.environ["PATH"]
        os.environ["PATH"]
    def test_own_file(): open("missing.txt")
    def test_absent_file(): (OUTSIDE / "absent").read_text()
    def test_asserted_file(): assert (OUTSIDE / "file").exists(), "No such file or directory: '{outside}/file'"
    def test_system(): open("/usr/new", "w")
    def test_home(): pathlib.Path("{home}/new").write_text("x")
    def test_bad_name(): socket.getaddrinfo("nowhere.invalid", 80)
    def test_one_word(): socket.getaddrinfo("nosuchdatabase", 80)
    def test_plain(): assert 1 == 2
    def test_caught():
        try: open(OUTSIDE / "file")
        except OSError: value = None
        assert value == "data"
    """

NEEDS = {
    **dict.fromkeys(
        ("connect", "connect_by_name", "client", "url", "asyncio", "fixture", "driver"), ("ports", "PORT")
    ),
    **dict.fromkeys(("variable", "variable_of_app", "variable_in_words"), ("environment", "WANTED_KEY")),
    **dict.fromkeys(("file", "relative_file"), ("read", "OUTSIDE/file")),
    "directory": ("read", "OUTSIDE"),
    **dict.fromkeys(("write", "append", "make"), ("write", "OUTSIDE")),
}


@pytest.fixture
def withheld(tmp_path: Path):
    """From a Machine on `work`, for a person who has set WANTED_KEY and whose home is `home`."""

    def withheld(openings: Openings = Openings(), tier: Tier = Tier.NAMESPACE) -> WithheldHere:  # noqa: B008
        variables = {"WANTED_KEY": "k", "PATH": os.environ["PATH"]}
        return WithheldHere(
            tier, tmp_path / "work", (), openings, variables, frozenset({"LANG"}), tmp_path / "home"
        )

    return withheld


def test_a_need_is_told_from_a_fault(run, withheld, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    for folder in (outside, tmp_path / "home"):
        folder.mkdir()
    (outside / "file").write_text("data")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        text = WANTING.format(
            port=port, silent=silent.getsockname()[1], outside=outside, home=tmp_path / "home"
        )
        tested = run(text)
        results = {result.id.partition("::test_")[2]: result for result in tested.run.results}
        found = {name: need_of(result, withheld()) for name, result in results.items()}
    expected = {
        name: (field, port if value == "PORT" else value.replace("OUTSIDE", str(outside)))
        for name, (field, value) in NEEDS.items()
    }
    told = {name: (need.field, need.value) for name, need in found.items() if need is not None}
    assert told == expected
    assert len(found) > len(told) + 10, tested.run
    assert all(result.broken for result in results.values())
    opened = Openings(read=(outside,), write=(outside,), environment={"WANTED_KEY": "k"}, ports=(port,))
    for still in (withheld(opened), withheld(tier=Tier.PROCESS)):
        left = [name for name, result in results.items() if need_of(result, still) is not None]
        assert left == ([] if still.openings is opened else [n for n in left if NEEDS[n][0] == "environment"])


def failed(exception: str, message: str, **more: object) -> TestResult:
    return TestResult("test_a.py::test_a", Outcome.FAILED, exception=exception, message=message, **more)


NETWORK = (
    # What the exception says, and whether a computer with a network has what it wants.
    ("socket.gaierror", "[Errno -3] Temporary failure in name resolution", True),
    ("OSError", "OSError: [Errno 101] Network is unreachable", True),
    ("psycopg2.OperationalError", 'could not translate host name "db.example.org" to address', True),
    ("psycopg2.OperationalError", 'could not translate host name "db.invalid" to address', False),
    ("psycopg2.OperationalError", 'could not translate host name "nosuchdatabase" to address', False),
    ("AssertionError", "assert 'Network is unreachable' == ''", False),
    ("ValueError", "invalid literal for int()", False),
)


@pytest.mark.parametrize(("exception", "message", "wanted"), NETWORK)
def test_network(withheld, exception: str, message: str, wanted: bool) -> None:
    result = failed(exception, message)
    online = withheld().network("")
    need = need_of(result, withheld())
    assert (need is not None) == (wanted and online)
    if need is not None:
        assert need.line(SandboxSettings()) == "network = true"
        assert need_of(result, withheld(Openings(network=True))) is None
    if not online:
        pytest.skip("this computer has no network, so that no Machine withholds one")


def test_the_line_keeps_what_is_set_already(withheld, tmp_path: Path) -> None:
    odd = tmp_path / 'a "quoted"\\name'
    odd.mkdir()
    wanted = (Wanted(WantedKind.READ, str(odd)),)
    need = need_of(failed("FileNotFoundError", "No such file", wanted=wanted), withheld())
    assert need is not None
    lines = need.line(SandboxSettings(read=("/data",)))
    assert tomllib.loads(lines) == {"read": ["/data", str(odd)]}
    assert lines in need.sentence(SandboxSettings(read=("/data",)))


def test_what_did_not_fail_by_an_exception_needs_nothing(withheld, tmp_path: Path) -> None:
    (tmp_path / "outside").touch()
    message = f"No such file or directory: '{tmp_path}/outside'"
    assert need_of(failed("OSError", message), withheld()) is not None
    assert need_of(failed("OSError", message, ending=Ending.CRASH), withheld()) is None
    assert need_of(TestResult("a", Outcome.SKIPPED, message=message), withheld()) is None
