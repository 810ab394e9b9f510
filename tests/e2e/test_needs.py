"""A project whose tests need a database of the computer: told so, asked for, trusted, and repaired beside it."""

import re
import socket
import threading
from collections.abc import Iterator

import pytest

SHOP = """\
--- shop.py
import socket

def stored(port):
    with socket.create_connection(("localhost", port), 10) as database:
        return int(database.recv(10))

def total(prices):
    return sum(prices) - 1
--- test_shop.py
from shop import stored, total

def test_stored(): assert stored({port}) == 7
def test_total(): assert total([1, 2]) == 3
def test_none(): assert total([1]) == 1
--- pyproject.toml
[tool.macrohard.sandbox]
"""


@pytest.fixture
def port() -> Iterator[int]:
    """A database, as far as this shop can tell."""

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            with caller:
                caller.sendall(b"7")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_closed_port_is_asked_for_and_not_repaired(program, files, port: int) -> None:
    folder = files(SHOP.replace("{port}", str(port)))
    line = f"ports = [{port}]"
    alone = program("fix", folder, "--json", "--test", "test_shop.py::test_stored")
    assert (alone.code, alone.answer["status"], alone.answer["candidates"]) == (1, "no-fix", 0), alone.told
    assert f"`{line}` in [tool.macrohard.sandbox]" in alone.answer["message"]
    found = {finding["kind"]: finding for finding in alone.answer["findings"]}
    assert found["needs-setting"]["tests"] == ["test_shop.py::test_stored"]
    assert f"set `{line}`" in found["needs-setting"]["message"]

    with (folder / "pyproject.toml").open("a") as file:
        file.write(line + "\n")
    untrusted = program("test", folder)
    assert untrusted.code == 1
    assert re.search(r"`sandbox\.ports` in .* is not honoured: it opens the sandbox", untrusted.err)

    assert program("trust", folder).code == 0
    trusted = program("test", folder, "--json")
    outcomes = {test["id"]: test["outcome"] for test in trusted.answer["tests"]}
    assert outcomes == {
        "test_shop.py::test_stored": "passed",
        "test_shop.py::test_total": "failed",
        "test_shop.py::test_none": "failed",
    }, trusted.told


@pytest.mark.slow
def test_a_fix_is_proven_with_the_port_open(program, files, port: int) -> None:
    folder = files(SHOP.replace("{port}", str(port)) + f"ports = [{port}]\n")
    assert program("trust", folder).code == 0
    fixed = program("fix", folder, "--json", "--apply")
    assert fixed.answer["status"] == "fixed", fixed.told
    assert program("test", folder).code == 0


def test_what_is_open_is_told(program, files, port: int) -> None:
    folder = files(SHOP.replace("{port}", str(port)) + f"ports = [{port}]\nenvironment = ['API_KEY']\n")
    program("trust", folder)
    program("test", folder, variables={"API_KEY": "hunter2"})
    run = program("runs", "list", "--json").answer["runs"][0]["id"]
    shown = program("runs", "show", run, "--json")
    assert f"not: the host's loopback on port {port}" in shown.told
    assert "not: the variables API_KEY" in shown.told
    assert "hunter2" not in shown.told
