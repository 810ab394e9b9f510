"""Finds unittest's tests in the directory where they are started, as `python -m unittest discover` does.

That command looks only into packages below the directory it is given. So it is given every directory that would
otherwise be passed over: the nearest one above each test file that isn't a package. With arguments of the user's
(`-s`, `-p`, `-t`) it is exactly the one search that they ask for.
"""

import argparse
import fnmatch
import os
import unittest

PATTERN = "test*.py"
PASSED_OVER = ("node_modules", "site-packages", "__pycache__")


class Loader(unittest.TestLoader):
    """Keeps what went wrong with a file as an exception; unittest itself keeps a text."""

    def __init__(self, wanted, tell):
        super().__init__()
        self._wanted = wanted
        self._tell = tell
        # By the name under which unittest puts a test that fails in its place: the file and the exception.
        self.broken = {}

    def _match_path(self, path, full_path, pattern):
        return fnmatch.fnmatch(path, pattern) and self._wanted(full_path)

    def _get_module_from_name(self, name):
        file = self._file_of(name)
        self._tell(file)
        try:
            return super()._get_module_from_name(name)
        except unittest.SkipTest:
            self.broken[name] = (file, None)
            raise
        except BaseException as error:
            self.broken[name] = (file, error)
            raise

    def _file_of(self, name):
        stem = os.path.join(self._top_level_dir or os.getcwd(), *name.split("."))
        package = os.path.join(stem, "__init__.py")
        return package if os.path.isfile(package) else stem + ".py"


def discover(loader, arguments):
    """All tests in order, and those that stand for files that can't be imported."""
    given = _parsed(arguments)
    here = os.getcwd()
    if given.start or given.top or given.pattern != PATTERN:
        starts = [(given.start or ".", given.top)]
    else:
        starts = [(start, start) for start in _starts(here, [os.path.abspath(each) for each in given.ignore])]
    found = []
    for start, top in starts:
        loader._top_level_dir = None
        found.extend(_flat(loader.discover(start, given.pattern, top_level_dir=top)))
    return found


def _parsed(arguments):
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-s", "--start-directory", dest="start")
    parser.add_argument("-p", "--pattern", default=PATTERN)
    parser.add_argument("-t", "--top-level-directory", dest="top")
    parser.add_argument("--ignore", action="append", default=[])
    return parser.parse_args(arguments)


def _starts(here, ignored):
    """The directory itself, then those below it that hold tests and that no search from above gets to."""
    starts = {here: None}
    for directory, folders, files in os.walk(here):
        folders[:] = sorted(name for name in folders if _is_searched(os.path.join(directory, name), ignored))
        if any(fnmatch.fnmatch(name, PATTERN) for name in files):
            start = directory
            while start != here and os.path.isfile(os.path.join(start, "__init__.py")):
                start = os.path.dirname(start)
            starts[start] = None
    return list(starts)


def _is_searched(directory, ignored):
    name = os.path.basename(directory)
    if name.startswith(".") or name in PASSED_OVER or directory in ignored:
        return False
    return not os.path.isfile(os.path.join(directory, "pyvenv.cfg"))


def _flat(suite):
    for test in suite:
        if isinstance(test, unittest.BaseTestSuite):
            yield from _flat(test)
        elif test is not None:
            yield test
