"""A fix changes the bytes it names and no others, whatever the file looks like."""

import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.slow

BUG, REPAIR = b"value < limit", b"value <= limit"
FUNCTION = b"def at_most(value, limit):\n    return value < limit\n"

# Several peculiarities share a file where they don't hide one another: each file costs a proof.
FORMS = {
    "crlf": b'"""Sold."""\r\n\r\ndef at_most(value, limit):\r\n\tif True:\r\n\t\t\treturn\tvalue < limit\t# tabs',
    "feeds": b"\f\ndef other(): pass\n\f\ndef at_most(value, limit):  \n    1\n\f\n    return value < limit \f \n\t\n",
    "latin": b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + FUNCTION[:-1] + b"  # \xfc\xff\n# na\xefve\n",
    "marked": b"\xef\xbb\xbf" + FUNCTION + b"# caf\xc3\xa9\n",
    "program": b"#!/usr/bin/env python3\n" + FUNCTION[:-1],
    "returns": b"X = 0\rX = 1\r\ndef at_most(value, limit):\r    Y = 2\n    return value < limit\r\nZ = 3\rl = 4\r",
    "größe": 'HI = "👋🏽"\n\ndef at_most(value, limit):\n    "🎉🎉"; 値 = "漢"; return value < limit  # 🎉\n'.encode(),
    "cjk": "def at_most(値, 上限):\n    é = '𝔘'; return 値 < 上限  # 以下\n".encode(),
}
REPAIRED = {name: data.replace(BUG, REPAIR) for name, data in FORMS.items()}
REPAIRED["cjk"] = FORMS["cjk"].replace("値 <".encode(), "値 <=".encode())

TESTS = (
    "".join(f"import {name}\n" for name in FORMS)
    + "\ndef check(at_most):\n    assert at_most(2, 3) and at_most(3, 3) and not at_most(4, 3)\n"
    + "".join(f"\ndef test_{name}():\n    check({name}.at_most)\n" for name in FORMS)
)


@pytest.fixture
def forms(files, tmp_path):
    """The folder, and a copy of it."""
    folder = files(f"--- test_forms.py\n{TESTS}")
    for name, data in FORMS.items():
        (folder / f"{name}.py").write_bytes(data)
    (folder / "program.py").chmod(0o755)
    shutil.copytree(folder, tmp_path / "copy")
    return folder, tmp_path / "copy"


def test_a_fix_changes_the_bytes_it_names(program, forms, need, plain_pytest):
    folder, copy = forms
    others = {path.name for path in folder.iterdir()}
    done = program("fix", folder, "--apply", "--jobs", "2", "--budget-seconds", "600")
    assert done.code == 0, done.told

    assert bytes_in(folder) == REPAIRED
    assert {path.name for path in folder.iterdir()} == others
    assert (folder / "program.py").stat().st_mode & 0o777 == 0o755
    assert (folder / "crlf.py").stat().st_mode & 0o111 == 0

    apply = [need("git"), "apply", "--whitespace=nowarn", "-"]
    subprocess.run(apply, cwd=copy, input=done.out, check=True)
    assert bytes_in(copy) == REPAIRED, "the patch and what was written differ"

    told = dict(re.findall(r"^ +(\S+)\.py, line (\d+): ", done.err, re.MULTILINE))
    assert {name: int(line) for name, line in told.items()} == {name: line_of_bug(name) for name in FORMS}

    ended = plain_pytest(folder)
    assert ended.returncode == 0, ended.stdout


def bytes_in(folder):
    return {name: (folder / f"{name}.py").read_bytes() for name in FORMS}


def line_of_bug(name):
    """As Python counts lines: a lone carriage return ends one, a form feed doesn't."""
    old, new = FORMS[name], REPAIRED[name]
    place = next(index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    return len(re.findall(rb"\r\n|\r|\n", old[:place])) + 1
