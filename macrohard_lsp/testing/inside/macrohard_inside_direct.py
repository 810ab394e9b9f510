"""Calls a test without pytest around it, where nothing of pytest's takes part in it: a hundredth of the cost.

Used to reject only. Which tests may be called so is read from what pytest has collected, and then found out
by running the program as it is both ways (`macrohard_inside_sift.py`).
"""

import copy
import inspect
import os
import sys
import threading
import unittest
import warnings

import pytest
from macrohard_inside_clock import OutOfTime

# What takes part in running a test. All of it has to be pytest's own, ours, or of a plugin that is known to do nothing
# to a function that is not its own kind of test (a limit of time counts as nothing: there is one here).
HOOKS = (
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_call",
    "pytest_runtest_teardown",
    "pytest_runtest_makereport",
    "pytest_pyfunc_call",
)
PLUGINS = (
    "_hypothesis_pytestplugin", "anyio.pytest_plugin", "pytest_asyncio.", "pytest_benchmark.", "pytest_cov.",
    "pytest_lsp.", "pytest_mock.", "pytest_rerunfailures", "pytest_timeout", "xdist.",
)  # fmt: skip
HARMLESS = ("_pytest.", "macrohard_inside_", *PLUGINS)
# Marks that say which tests to choose and nothing about how they run would be harmless; these are known to be.
HARMLESS_MARKS = frozenset({"parametrize", "slow"})
DIRECT_PARAMETER = "get_direct_param_fixture_func"
ATOMIC = (int, float, complex, str, bytes, bool, type(None), type)
PASSED, SKIPPED, FAILED = "passed", "skipped", "failed"


def caller_of(item):
    """A function without arguments that runs the test and tells how it ended, None where pytest is needed."""
    try:
        if not _is_plain(item):
            return None
        caller = _unittest_caller(item) if _is_unittest(item) else _function_caller(item)
        return _heeding_warnings(caller) if caller is not None and any(_filters(item.config)) else caller
    except Exception:
        # Private parts of pytest are not the same in every version; its own way is always there.
        return None


def _is_plain(item):
    for name in HOOKS:
        for implementation in getattr(item.ihook, name).get_hookimpls():
            if not implementation.function.__module__.startswith(HARMLESS):
                return False
    return all(mark.name in HARMLESS_MARKS for mark in item.iter_markers())


def _is_unittest(item):
    return isinstance(item.cls, type) and issubclass(item.cls, unittest.TestCase)


def _fixtures(item):
    """The names of what is set up for a test, without what such plugins set up for every test."""
    definitions = item._fixtureinfo.name2fixturedefs
    return [
        name
        for name in item._fixtureinfo.names_closure
        if not definitions.get(name) or not definitions[name][-1].func.__module__.startswith(PLUGINS)
    ]


def _function_caller(item):
    information = item._fixtureinfo
    arguments = {}
    if type(item) is not pytest.Function or set(_fixtures(item)) - set(information.argnames):
        return None
    for name in information.argnames:
        definitions = information.name2fixturedefs.get(name) or ()
        if not definitions or definitions[-1].func.__name__ != DIRECT_PARAMETER:
            return None
        arguments[name] = item.callspec.params[name]
    function = item.obj
    if hasattr(function, "is_hypothesis_test"):
        return None
    if any(test(function) for test in (inspect.iscoroutinefunction, inspect.isgeneratorfunction)):
        return None
    if inspect.isasyncgenfunction(function):
        return None
    owner, name = item.cls, item.originalname
    copied = any(not isinstance(value, ATOMIC) for value in arguments.values())

    def call():
        called = function if owner is None else getattr(owner(), name)
        try:
            # What one candidate does to an argument must not reach the next.
            called(**(copy.deepcopy(arguments) if copied else arguments))
        except OutOfTime:
            raise
        except pytest.skip.Exception:
            return SKIPPED
        except BaseException:
            return FAILED
        return PASSED

    return call


def _unittest_caller(item):
    case, name = item.cls, item.name
    module = sys.modules[case.__module__]
    ends = unittest.TestCase
    if any(
        getattr(case, hook).__func__ is not getattr(ends, hook).__func__
        for hook in ("setUpClass", "tearDownClass")
    ):
        return None
    if any(
        hasattr(module, hook) for hook in ("setUpModule", "tearDownModule", "setup_module", "teardown_module")
    ):
        return None
    fixtures = [
        fixture
        for fixture in _fixtures(item)
        if not fixture.startswith(
            ("_unittest_setUpClass_fixture_", "unittest_setUpClass_fixture_", "request")
        )
    ]
    method = getattr(case, name)
    said = any(
        hasattr(thing, word)
        for thing in (case, method)
        for word in ("__unittest_skip__", "__unittest_expecting_failure__")
    )
    if fixtures or said or inspect.iscoroutinefunction(method) or type(case) is not type:
        return None

    def call():
        ending = _Ending()
        case(name)(ending)
        return ending.outcome

    return call


class _Ending(unittest.TestResult):
    """How one test case ended; nothing is put in words."""

    def __init__(self):
        super().__init__()
        self.outcome = PASSED

    def startTest(self, test):
        pass

    def stopTest(self, test):
        pass

    def addFailure(self, test, err):
        self.outcome = FAILED

    def addError(self, test, err):
        self.outcome = FAILED

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.outcome = FAILED

    def addSkip(self, test, reason):
        if self.outcome == PASSED:
            self.outcome = SKIPPED

    def addExpectedFailure(self, test, err):
        pass

    def addUnexpectedSuccess(self, test):
        self.outcome = FAILED


# What pytest would warn of: exceptions that nobody could catch, as where an object was freed.
_uncaught = []
_around = []


def _heeding_warnings(caller):
    """As `caller`; where the project has a say in what becomes of warnings, it has it in these as well."""

    def call():
        _uncaught.clear()
        outcome = caller()
        try:
            for category in _uncaught:
                warnings.warn(category("an exception that nobody could catch"), stacklevel=1)
        except Warning:
            return FAILED
        return outcome

    return call


def _filters(config):
    """What is to become of warnings, by the configuration and by the command line."""
    return config.getini("filterwarnings"), getattr(config.option, "pythonwarnings", None) or []


def settle_for_direct_calls(config):
    """In a child: nobody reads what the tests print, what they warn of, and how a failed assertion is explained."""
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    around = warnings.catch_warnings(record=True)
    around.__enter__()
    _around.append(around)
    if any(_filters(config)):
        _heed(config)
    else:
        warnings.simplefilter("always")
    from _pytest.assertion import rewrite

    silent = {
        "_saferepr": lambda obj: "",
        "_format_explanation": lambda explanation: "",
        "_format_assertmsg": lambda obj: "",
        "_format_boolop": lambda explanations, is_or: "",
        "_call_reprcompare": lambda ops, results, expls, each_obj: "",
        "_should_repr_global_name": lambda obj: False,
    }
    for name, function in silent.items():
        if hasattr(rewrite, name):
            setattr(rewrite, name, function)


def _heed(config):
    """As pytest does before every test."""
    from _pytest.warnings import catch_warnings_for_item

    around = catch_warnings_for_item(config=config, ihook=config.hook, when="runtest", item=None)
    around.__enter__()
    # Kept, or it would end here and now.
    _around.append(around)
    sys.unraisablehook = lambda _: _uncaught.append(pytest.PytestUnraisableExceptionWarning)
    threading.excepthook = lambda _: _uncaught.append(pytest.PytestUnhandledThreadExceptionWarning)
