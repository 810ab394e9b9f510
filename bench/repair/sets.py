"""The data sets as they are published, read into bugs. Nothing is downloaded here: `--data` says where they lie."""

import hashlib
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.repair.bug import Bug, DataMissingError, DataSet, Inputs
from bench.repair.refactory import PER_SET, expressions_as_tests, runnable
from bench.repair.texts import cases_as_tests, imports_from, split_check, without_docstrings

HUMANEVALFIX = "humanevalfix-python-dev.jsonl"
SELECTION_SEED = 1
# Right programs of other students that an input of the oracle must make agree with the reference.
WITNESSES = 5
# Programs that are looked at together, to see whether they can be used.
AT_ONCE = 50


def load(name: str, folder: Path) -> DataSet:
    """Read the set `name` from `folder`. Raises DataMissingError."""
    return SETS[name](folder)


class _Reader:
    """Reads files below a folder and digests them in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digest = hashlib.sha256()

    def bytes(self, path: str) -> bytes:
        try:
            data = (self.folder / path).read_bytes()
        except OSError:
            raise DataMissingError(
                f"{self.folder} has no {path}; bench/repair/README.md says what --data is for each set."
            ) from None
        self._digest.update(path.encode("utf-8") + b"\0" + hashlib.sha256(data).digest())
        return data

    def text(self, path: str) -> str:
        return self.bytes(path).decode("utf-8").replace("\r\n", "\n")

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def humanevalfix(folder: Path) -> DataSet:
    reader = _Reader(folder)
    records = [json.loads(line) for line in reader.text(HUMANEVALFIX).splitlines() if line.strip()]
    return DataSet("humanevalfix", tuple(_humaneval_bug(record) for record in records), reader.sha256)


def _humaneval_bug(record: Mapping[str, str]) -> Bug:
    entry = record["entry_point"]
    program = without_docstrings(record["declaration"] + record["buggy_solution"])
    return Bug(
        set="humanevalfix",
        name=record["task_id"].rpartition("/")[2],
        kind=record["bug_type"],
        program=program,
        tests=split_check(record["test"], entry, program),
        reference=record["declaration"] + record["canonical_solution"],
        inputs=Inputs((entry,), calls=(record["test"],)),
    )


def quixbugs(folder: Path) -> DataSet:
    reader = _Reader(folder)
    if not (folder / "python_programs").is_dir():
        raise DataMissingError(f"{folder} is no checkout of jkoppel/QuixBugs: it has no python_programs.")
    names = sorted(
        path.stem
        for path in (folder / "python_programs").glob("*.py")
        if not path.stem.endswith("_test") and path.stem != "node"
    )
    return DataSet("quixbugs", tuple(_quixbug(reader, name) for name in names), reader.sha256)


def _quixbug(reader: _Reader, name: str) -> Bug:
    upstream = reader.text(f"python_testcases/test_{name}.py")
    beside: dict[str, str] = {}
    if "load_json_testcases" in upstream:
        lines = reader.text(f"json_testcases/{name}.json").splitlines()
        tests = cases_as_tests(upstream, [json.loads(line) for line in lines if line.strip()])
    else:
        tests = imports_from(upstream, name)
        if "from node import" in tests:
            beside["node.py"] = reader.text("python_testcases/node.py")
    return Bug(
        set="quixbugs",
        name=name,
        kind="graph" if beside else "data",
        program=without_docstrings(reader.text(f"python_programs/{name}.py")),
        tests=tests,
        reference=without_docstrings(reader.text(f"correct_python_programs/{name}.py")),
        inputs=Inputs((name,), generator=name),
        beside=beside,
    )


def refactory(folder: Path) -> DataSet:
    """A fixed random choice of the wrong programs that end and fail a test."""
    reader = _Reader(folder)
    reader.bytes("data.zip")
    with zipfile.ZipFile(folder / "data.zip") as archive:
        texts = {
            name: archive.read(name).decode("utf-8", "replace").replace("\r\n", "\n")
            for name in archive.namelist()
            if name.endswith((".py", ".txt"))
        }
    wrong = sorted(name for name in texts if "/code/wrong/" in name and name.endswith(".py"))
    random.Random(SELECTION_SEED).shuffle(wrong)
    bugs: list[Bug] = []
    for start in range(0, len(wrong), AT_ONCE):
        some = [_refactory_bug(name, texts) for name in wrong[start : start + AT_ONCE]]
        bugs += [bug for bug, usable in zip(some, runnable(some), strict=True) if usable]
        if len(bugs) >= PER_SET:
            break
    return DataSet("refactory", tuple(bugs[:PER_SET]), reader.sha256)


def _refactory_bug(name: str, texts: Mapping[str, str]) -> Bug:
    question = name.split("/")[1]
    folder = f"data/{question}"
    shared = texts.get(f"{folder}/code/global.py", "").strip()
    head = f"{shared}\n\n\n" if shared else ""
    asked = sorted(path for path in texts if path.startswith(f"{folder}/ans/input_"))
    cases = [(texts[path].strip(), texts[path.replace("input_", "output_")].strip()) for path in asked]
    reference = next(text for path, text in texts.items() if path.startswith(f"{folder}/code/reference/"))
    right = sorted(
        path for path in texts if path.startswith(f"{folder}/code/correct/") and path.endswith(".py")
    )
    chosen = random.Random(SELECTION_SEED).sample(right, WITNESSES)
    tests, functions = expressions_as_tests(cases)
    return Bug(
        set="refactory",
        name=Path(name).stem.removeprefix("wrong_"),
        kind=question,
        program=_readable(head + texts[name]),
        tests=tests,
        reference=head + reference,
        inputs=Inputs(
            functions,
            calls=tuple(f"{asked}\n" for asked, _ in cases),
            witnesses=tuple(head + texts[path] for path in chosen),
        ),
    )


def _readable(program: str) -> str:
    """Without docstrings, where it can be parsed at all."""
    try:
        return without_docstrings(program)
    except SyntaxError:
        return program.rstrip() + "\n"


SETS: dict[str, Callable[[Path], DataSet]] = {
    "quixbugs": quixbugs,
    "humanevalfix": humanevalfix,
    "refactory": refactory,
}
