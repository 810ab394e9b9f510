"""The libraries that candidates are tried on: one function of each, the tests of that function, and edits of it."""

import itertools
from dataclasses import dataclass

from bench.real.bugs import Bug
from bench.real.prepare import Place, prepare
from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.operators import candidates_for
from macrohard_lsp.repair.scope import SourceContext

LIST = "warm"
REQUIRES = ("pytest==9.2.0",)


@dataclass(frozen=True, slots=True)
class Subject:
    """`tests` are all the tests of `function`, which is defined in `file`."""

    name: str
    version: str
    sdist: str
    sha256: str
    file: str
    function: str
    tests: tuple[str, ...]


SUBJECTS = (
    Subject(
        "toolz",
        "1.2.0",
        "toolz-1.2.0.tar.gz",
        "9667a038e9d6ecba37995e26cb2f59ec6420b6ad8dd9677de59db9b956b08490",
        "toolz/itertoolz.py",
        "partition_all",
        ("toolz/tests/test_itertoolz.py::test_partition_all",),
    ),
    Subject(
        "more-itertools",
        "11.2.1",
        "more_itertools-11.2.1.tar.gz",
        "cbf08fd0af284dc69718b9b76a8e6203df624d70209ea511e4219d350c856f63",
        "more_itertools/more.py",
        "windowed",
        tuple(
            f"tests/test_more.py::WindowedTests::test_{name}"
            for name in (
                "basic",
                "fillvalue",
                "step",
                "invalid_step",
                "fillvalue_step",
                "invalid_n",
                "empty_seq",
            )
        ),
    ),
)


def place_of(subject: Subject) -> Place:
    """The library unpacked, with an environment of its own. Raises CannotPrepareError."""
    return prepare(
        Bug(
            list=LIST,
            name=subject.name,
            version=subject.version,
            sdist=subject.sdist,
            sha256=subject.sha256,
            commit="",
            about="",
            file=subject.file,
            edits=(),
            buggy_digest="",
            tests=subject.tests,
            requires=REQUIRES,
        )
    )


def candidates_of(subject: Subject, text: str, most: int) -> list[Candidate]:
    """At most `most` of the operators' edits of the function, evenly spread from the cheapest to the dearest."""
    source = SourceContext(subject.file, text)
    functions = [
        node
        for node in source.nodes
        if node.kind == "function_definition"
        and (name := node.get("name")) is not None
        and name.text == subject.function
    ]
    (function,) = functions
    lines = range(function.line, function.line + function.text.count("\n") + 1)
    every = [
        candidate for candidate in candidates_for(source, lines) if candidate.function == subject.function
    ]
    step = max(len(every) / most, 1.0)
    places = dict.fromkeys(int(number * step) for number in range(most))
    return [every[place] for place in itertools.takewhile(lambda place: place < len(every), places)]
