"""What is believed of the word that pytest left."""

import json
from pathlib import Path
from typing import Any

import pytest

from macrohard_lsp.testing.pytest_cache import LAST_FAILED, MAX_BYTES, pytest_last_failed


def write(folder: Path, data: bytes) -> None:
    file = folder / LAST_FAILED
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    (folder / "test_a.py").write_text("")


BELIEVED: dict[str, tuple[Any, tuple[str, ...] | None]] = {
    "two": (
        {"test_a.py::test_b": True, "test_a.py::T::c[1]": True},
        ("test_a.py::test_b", "test_a.py::T::c[1]"),
    ),
    "none": ({}, ()),
    "no such file": ({"test_gone.py::test_b": True}, ()),
    "outside": ({"../../etc/passwd::x": True, "/etc/passwd::x": True}, ()),
    "no test": ({"test_a.py": True, "": True, "::x": True, "a\0b.py::x": True, "x" * 5000 + "::y": True}, ()),
    "a list": (["test_a.py::test_b"], None),
    "a number": (3, None),
}


@pytest.mark.parametrize("name", BELIEVED)
def test_what_is_believed(tmp_path: Path, name: str):
    content, expected = BELIEVED[name]
    write(tmp_path, json.dumps(content).encode())
    assert pytest_last_failed(tmp_path) == expected


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b" " * (MAX_BYTES + 1) + b"{}"])
def test_what_is_no_word_of_pytest(tmp_path: Path, data: bytes):
    write(tmp_path, data)
    assert pytest_last_failed(tmp_path) is None


def test_no_cache(tmp_path: Path):
    assert pytest_last_failed(tmp_path) is None
