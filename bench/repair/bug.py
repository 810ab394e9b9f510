"""One bug of a published benchmark: what is laid out as a project, and what only the oracle is shown."""

from dataclasses import dataclass, field

PROGRAM = "solution.py"
TESTS = "test_solution.py"


@dataclass(frozen=True, slots=True)
class Inputs:
    """How the oracle gets its inputs.

    `generator` names a function of `inside/generators.py`. Where it is empty, inputs are derived from
    `calls`, which are programs that call the functions of `functions`, each wrapped by a recorder. `witnesses`
    are other right programs: an input on which they differ from the reference is outside what was asked for.
    """

    functions: tuple[str, ...]
    generator: str = ""
    calls: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bug:
    """`program` and `tests` are laid out for the engine, with `beside` (text by file name) where the tests need it.

    `reference` is for the oracle and never written into the project. `kind` is the benchmark's own word for
    the bug. `original` is what a bug with other names was made from: it is the one that is judged.
    """

    set: str
    name: str
    kind: str
    program: str
    tests: str
    reference: str
    inputs: Inputs
    beside: dict[str, str] = field(default_factory=dict)
    path: str = PROGRAM
    tests_path: str = TESTS
    original: "Bug | None" = None

    @property
    def files(self) -> dict[str, str]:
        """The project as it is laid out."""
        return {
            self.path: self.program,
            self.tests_path: self.tests,
            "pytest.ini": "[pytest]\n",
            **self.beside,
        }


@dataclass(frozen=True, slots=True)
class DataSet:
    """The bugs of one data set, and a digest of all that was read for them."""

    name: str
    bugs: tuple[Bug, ...]
    sha256: str


class DataMissingError(Exception):
    """Raised when the data isn't where it was said to be; the message says what was looked for."""
