"""What a caller may ask of a test run."""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_TEST_SECONDS = 60.0
DEFAULT_RUN_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class TestOptions:
    """How tests are run.

    `ids` are the tests to run, None for all; the id of a file, a class or a function before its parameters stands
    for all in it. `deselect` are left out. `test_seconds` limits one test with
    its fixtures, `seconds` the whole run. `coverage` records the lines each test executes and implies
    `neutral`, which switches off what plugins do to the run: distribution over processes, random order,
    repeats, their own coverage. With `parts` it tells apart what each line of the test itself executes.
    `arguments` are given to pytest as the user would. `trap` names tests
    that are made to fail after they passed: one that is still reported as passed was forged.
    `check_origin` refuses the run when code under test comes from outside the Machine's copy. `collect_only` finds
    the tests and runs none. `footprints` records what of the workspace each test uses, where no lines are recorded.
    `ordered` runs the files in the order in which `ids` names them. `hung_in` are functions (path, name) in which
    tests hung before: one that is found there again after some seconds is not waited for to the end of its time.
    """

    __test__ = False

    ids: tuple[str, ...] | None = None
    deselect: tuple[str, ...] = ()
    test_seconds: float = DEFAULT_TEST_SECONDS
    seconds: float = DEFAULT_RUN_SECONDS
    coverage: bool = False
    parts: bool = False
    neutral: bool = False
    arguments: tuple[str, ...] = ()
    trap: tuple[str, ...] = ()
    check_origin: bool = True
    collect_only: bool = False
    footprints: bool = False
    ordered: bool = False
    hung_in: frozenset[tuple[str, str]] = frozenset()


_NEUTRAL: Mapping[str, tuple[str, ...]] = {
    "pytest-xdist": ("-n0",),
    "pytest-cov": ("--no-cov",),
    "pytest-randomly": ("--randomly-dont-reorganize", "--randomly-seed=1"),
    "pytest-random-order": ("--random-order-bucket=none",),
    "pytest-rerunfailures": ("--reruns=0",),
    "pytest-benchmark": ("--benchmark-disable",),
}


def pytest_arguments(options: TestOptions, plugins: Mapping[str, str]) -> tuple[str, ...]:
    """The arguments for pytest, given the distribution names of the installed plugins."""
    if options.collect_only:
        return (*options.arguments, "--collect-only")
    if not (options.neutral or options.coverage):
        return options.arguments
    installed = {name.lower().replace("_", "-") for name in plugins}
    extra = [argument for name, flags in _NEUTRAL.items() if name in installed for argument in flags]
    return (*options.arguments, *extra)
