"""Asking real interpreters, and understanding what is no answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.interpreter import Interpreter, InterpreterChoice
from macrohard_lsp.environment.errors import BadInterpreter
from macrohard_lsp.environment.probe import PROBE, parse_probe, pytest_missing_sentence

VERSIONS = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("*/bin/python"))
ALL = [Path(sys.executable), *VERSIONS]


def ask(executable: Path, directory: Path) -> Interpreter:
    answer = subprocess.run(
        [executable, "-c", PROBE], cwd=directory, env={}, capture_output=True, timeout=60, check=True
    )
    return parse_probe(InterpreterChoice(executable, "PATH", ()), answer.stdout)


@pytest.mark.parametrize("executable", ALL, ids=str)
def test_real_interpreters(executable: Path, tmp_path: Path):
    shown = subprocess.run(
        [executable, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()
    if tuple(map(int, shown.split("."))) < (3, 9):
        with pytest.raises(
            BadInterpreter, match=rf"is Python {shown}; tests are run with Python 3\.9 or later"
        ):
            ask(executable, tmp_path)
        return
    interpreter = ask(executable, tmp_path)
    assert interpreter.version_text == shown
    assert interpreter.implementation == "CPython"


def test_our_own_pytest_and_its_plugins_are_seen(tmp_path: Path):
    interpreter = ask(Path(sys.executable), tmp_path)
    assert interpreter.pytest == pytest.__version__
    assert "hypothesis" in interpreter.plugins
    assert "pytest" not in interpreter.plugins


def test_an_environment_without_pytest_says_so(tmp_path: Path, make_venv):
    interpreter = ask(make_venv(tmp_path / "env") / "bin/python", tmp_path)
    assert interpreter.pytest is None
    assert interpreter.plugins == {}


def test_the_working_directory_takes_no_part(tmp_path: Path):
    for name in ("json", "platform", "importlib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken over')")
    assert ask(Path(sys.executable), tmp_path).version == sys.version_info[:3]


def test_one_broken_distribution_hides_no_other(tmp_path: Path, make_venv):
    prefix = make_venv(tmp_path / "env")
    packages = next(prefix.glob("lib/python3*/site-packages"))
    files = {
        "aaa.dist-info/METADATA": b"\xff\xfe\xff",
        "bbb-1.dist-info/METADATA": b"Name: bbb\nVersion: 1\n",
        "bbb-1.dist-info/entry_points.txt": b"[pytest11\nbroken",
        "pytest-8.0.dist-info/METADATA": b"Name: pytest\nVersion: 8.0\n",
        "pytest_x-2.dist-info/METADATA": b"Name: pytest-x\nVersion: 2\n",
        "pytest_x-2.dist-info/entry_points.txt": b"[pytest11]\nx = pytest_x\n",
    }
    for name, content in files.items():
        (packages / name).parent.mkdir(exist_ok=True)
        (packages / name).write_bytes(content)
    interpreter = ask(prefix / "bin/python", tmp_path)
    assert (interpreter.pytest, interpreter.plugins) == ("8.0", {"pytest-x": "2"})


def test_what_start_up_code_prints_does_not_disturb(tmp_path: Path, make_venv):
    prefix = make_venv(tmp_path / "env")
    packages = next(prefix.glob("lib/python3*/site-packages"))
    (packages / "noise.pth").write_text("import sys; sys.stdout.write('{noise} without a line end')\n")
    assert ask(prefix / "bin/python", tmp_path).version == sys.version_info[:3]


GOOD = {
    "version": [3, 12, 1],
    "implementation": "CPython",
    "prefix": "/p",
    "base_prefix": "/p",
    "pytest": None,
    "plugins": {},
}
BAD = {
    "nothing": b"",
    "other text": b"hello\n",
    "no JSON": b"macrohard-interpreter {\n",
    "not UTF-8": b"macrohard-interpreter \xff\n",
    "a missing field": b"macrohard-interpreter {}\n",
    "a wrong type": b"macrohard-interpreter " + json.dumps({**GOOD, "version": ["3", 12, 1]}).encode(),
    "too few numbers": b"macrohard-interpreter " + json.dumps({**GOOD, "version": [3, 12]}).encode(),
    "too long a word": b"macrohard-interpreter " + json.dumps({**GOOD, "pytest": "9" * 201}).encode(),
    "a flood": b"x" * 1_000_000,
}


@pytest.mark.parametrize("answer", BAD)
def test_what_is_no_answer_has_its_sentence(answer: str):
    choice = InterpreterChoice(Path("/p/bin/python"), ".venv", ())
    with pytest.raises(BadInterpreter) as raised:
        parse_probe(choice, BAD[answer])
    assert str(raised.value).startswith(
        "/p/bin/python (.venv) did not answer as a Python interpreter; it printed: "
    )
    assert len(str(raised.value)) < 600


def test_the_last_answer_counts():
    choice = InterpreterChoice(Path("/p/bin/python"), ".venv", ())
    first = json.dumps({**GOOD, "version": [3, 10, 0]})
    lines = f"macrohard-interpreter {first}\nmacrohard-interpreter {json.dumps(GOOD)}\n"
    assert parse_probe(choice, lines.encode()).version == (3, 12, 1)


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (".venv", "`'/a b/.venv/bin/python' -m pip install pytest`"),
        ("VIRTUAL_ENV", "`'/a b/.venv/bin/python' -m pip install pytest`"),
        (".venv (uv)", "`uv add --dev pytest`"),
        (".venv (uv pip)", "`uv pip install --python '/a b/.venv/bin/python' pytest`"),
        ("UV_PROJECT_ENVIRONMENT (uv)", "`uv add --dev pytest`"),
        ("Poetry", "`poetry add --group dev pytest`"),
        (".venv (Poetry)", "`poetry add --group dev pytest`"),
        ("Pipenv", "`pipenv install --dev pytest`"),
        ("environment.yml (conda)", "`conda install --prefix '/a b/.venv' pytest`"),
        ("CONDA_PREFIX", "`conda install --prefix '/a b/.venv' pytest`"),
        ("python3 on PATH", "`'/a b/.venv/bin/python' -m venv .venv`"),
        ("the global version (pyenv)", "`.venv/bin/python -m pip install pytest`"),
    ],
)
def test_the_command_to_type_when_pytest_is_missing(origin: str, command: str):
    choice = InterpreterChoice(Path("/a b/.venv/bin/python"), origin, ())
    sentence = pytest_missing_sentence(Interpreter(choice, (3, 12, 1), "CPython", None))
    assert sentence.startswith(
        f"pytest is not installed in /a b/.venv/bin/python (Python 3.12.1, found as {origin}). "
    )
    assert command in sentence


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda text: b"macrohard-interpreter " + text))
def test_any_bytes_are_an_answer_or_have_a_sentence(stdout: bytes):
    with pytest.raises(BadInterpreter):
        parse_probe(InterpreterChoice(Path("/p/bin/python"), ".venv", ()), stdout)
