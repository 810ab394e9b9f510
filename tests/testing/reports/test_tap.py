"""TAP 13 and 14 as their producers write them, and as nobody should."""

import pytest

from macrohard_lsp.testing.reports import tap
from macrohard_lsp.testing.reports.model import BadReport
from macrohard_lsp.testing.reports.tap import parse_tap
from macrohard_lsp.testing.reports.tap_yaml import parse_diagnostics

# Each: the report, the files of the workspace, what is expected.
CASES = {
    "node": (
        """
        TAP version 13
        # node:internal/modules/cjs/loader:1210
        # Error: Cannot find module './nothing-there'
        #     at Object.<anonymous> (/home/u/shop/test/broken.test.js:3:11)
        # Subtest: /home/u/shop/test/broken.test.js
        not ok 1 - /home/u/shop/test/broken.test.js
          ---
          duration_ms: 76.512391
          location: '/home/u/shop/test/broken.test.js:1:1'
          failureType: 'testCodeFailure'
          exitCode: 1
          error: 'test failed'
          ...
        # Subtest: booms
        not ok 2 - booms
          ---
          duration_ms: 1500
          location: '/home/u/shop/test/sum.test.js:10:1'
          failureType: 'testCodeFailure'
          error: 'boom'
          stack: |-
            boom (/home/u/shop/src/sum.js:5:9)
            TestContext.<anonymous> (/home/u/shop/test/sum.test.js:10:23)
            Test.run (node:internal/test_runner/test:796:25)
          ...
        # Subtest: todo one
        not ok 3 - todo one # TODO later
          ---
          error: 'x'
          ...
        # Subtest: skipped \\# one
        ok 4 - skipped \\# one # SKIP why
          ---
          duration_ms: 0.128831
          ...
        # Subtest: outer
            # Subtest: inner ok
            ok 1 - inner ok
              ---
              duration_ms: 0.123493
              ...
            # Subtest: inner bad
            not ok 2 - inner bad
              ---
              location: '/home/u/shop/test/sum.test.js:15:11'
              failureType: 'testCodeFailure'
              error: |-
                Expected values to be strictly deep-equal:
                + actual - expected

                  {
              expected:
                a: 1
              stack: |-
                TestContext.<anonymous> (/home/u/shop/test/sum.test.js:15:44)
              ...
            1..2
        not ok 5 - outer
          ---
          failureType: 'subtestsFailed'
          error: '1 subtest failed'
          ...
        # Subtest: hooked
            # Subtest: never
            not ok 1 - never
              ---
              location: '/home/u/shop/test/sum.test.js:23:3'
              failureType: 'cancelledByParent'
              error: 'test did not finish before its parent and was cancelled'
              ...
            1..1
        not ok 6 - hooked
          ---
          failureType: 'hookFailed'
          error: 'no db'
          stack: |-
            SuiteContext.<anonymous> (/home/u/shop/test/sum.test.js:22:24)
          ...
        1..6
        # tests 8
        """,
        "test/broken.test.js test/sum.test.js src/sum.js",
        """
        failed test/broken.test.js @ test/broken.test.js:3 | Cannot find module './nothing-there'
        failed the command::booms @ src/sum.js:5 | boom
        xfailed the command::todo one
        skipped the command::skipped # one | why
        passed the command::outer > inner ok
        failed the command::outer > inner bad @ test/sum.test.js:15 | deep-equal
        failed the command::hooked > never @ test/sum.test.js:23 | cancelled
        failed the command::hooked @ test/sum.test.js:22 | no db
        """,
    ),
    "tape": (
        """
        TAP version 13
        # sums
        ok 1 should be strictly equal
        not ok 2 should be strictly equal
          ---
            operator: equal
            expected: 3
            actual:   -1
            at: Test.<anonymous> (/home/u/shop/test/t.js:5:5)
            stack: |-
              Error: should be strictly equal
                  at Test.assert (/home/u/shop/node_modules/tape/lib/test.js:493:48)
                  at Test.<anonymous> (/home/u/shop/test/t.js:5:5)
          ...

        1..2
        """,
        "test/t.js node_modules/tape/lib/test.js",
        """
        passed the command::should be strictly equal
        failed the command::should be strictly equal #2 @ test/t.js:5 | expected 3, actual -1
        """,
    ),
    "node-tap, which says where as a table": (
        """
        TAP version 14
        # Subtest: test/t.js
            # Subtest: adds
                not ok 1 - should be equal
                  ---
                  at:
                    fileName: test/t.js
                    line: 9
                    file: test/t.js
                  found: -1
                  ...
                1..1
                # failed 1 test
            not ok 1 - adds # time=3.5ms
            1..1
        not ok 1 - test/t.js # time=300ms
        1..1
        """,
        "test/t.js",
        "failed test/t.js::adds > should be equal @ test/t.js:9 | -1",
    ),
    "prove": (
        """
        1..4
        ok 1 - first
        not ok 2 - second
        #   Failed test 'second'
        #   at t/a.t line 9.
        ok 3 # skip no database
        ok
        """,
        "t/a.t",
        """
        passed the command::first
        failed the command::second @ t/a.t:9 | Failed test 'second'
        skipped the command::test 3 | no database
        passed the command::test 4
        """,
    ),
    "bats": (
        """
        1..2
        ok 1 addition
        not ok 2 subtraction
        # (in test file test/sum.bats, line 6)
        #   `[ 1 -eq 2 ]' failed
        """,
        "test/sum.bats",
        """
        passed the command::addition
        failed the command::subtraction @ test/sum.bats:6 | in test file
        """,
    ),
    "mocha, which goes on without a mark": (
        """
        TAP version 12
        1..2
        not ok 1 sums adds
          expected -1 to equal 3
              AssertionError: expected -1 to equal 3
              at Context.<anonymous> (test/sum.js:5:9)
        ok 2 sums zero
        # tests 2
        """,
        "test/sum.js",
        """
        failed the command::sums adds @ test/sum.js:5 | expected -1 to equal 3
        passed the command::sums zero
        """,
    ),
    "noise between, and Windows line ends": (
        "TAP version 14\r\n1..2\r\nlistening on port 80\r\nokay\r\nok 1 - a\r\n  {json: 1}\r\n"
        "pragma +strict\r\nnot ok 2 - b # TODO\r\n",
        "",
        "passed the command::a\nxfailed the command::b",
    ),
    "unexpectedly right, and nothing to do": (
        "1..2\nok 1 - a # TODO soon\nok 2 - b # Skipped: not here\n",
        "",
        "xpassed the command::a | soon\nskipped the command::b",
    ),
    "all skipped": ("TAP version 13\n1..0 # SKIP no tests here\n", "", ""),
    "a bail-out": (
        "1..3\nok 1 - a\nBail out! No database\nok 2 - b\n",
        "",
        "passed the command::a\nproblem gave up: No database",
    ),
    "a bail-out in a subtest": (
        "1..3\n    ok 1 - a\n    Bail out! No database\n",
        "",
        "problem gave up: No database",
    ),
    "no plan": ("TAP version 13\nok 1 - a\n", "", "passed the command::a\nproblem no plan"),
    "fewer than planned": ("1..3\nok 1 - a\n", "", "passed the command::a\nproblem 3 tests were planned and 1 reported"),
    "more than planned": ("1..1\nok 1\nok 2\n", "", "passed the command::test 1\npassed the command::test 2\nproblem 1 tests were"),
    "fewer subtests than planned": (
        "    1..2\n    ok 1 - a\nok 1 - outer\n1..1\n",
        "",
        "passed the command::outer > a\nproblem 2 tests of outer were planned and 1 reported",
    ),
    "cut within a subtest": ("1..1\n    ok 1 - a\n", "", "problem ends within a subtest"),
    "a parent that failed by itself": (
        "    ok 1 - a\n    1..1\nnot ok 1 - outer\n  ---\n  message: late\n  ...\n1..1\n",
        "",
        "passed the command::outer > a\nfailed the command::outer | late",
    ),
    "diagnostics without an end": (
        "not ok 1 - a\n  ---\n  message: |\n    lost\nok 2 - b\n1..2\n",
        "",
        "failed the command::a | lost\npassed the command::b",
    ),
    "nothing of TAP": ("hello\nworld\n", "", "refused holds no TAP"),
    "nothing at all": ("", "", "refused holds no TAP"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_reads(name: str, check):
    check(*CASES[name])


def test_more_tests_than_are_kept_are_said(monkeypatch):
    monkeypatch.setattr(tap, "MOST_TESTS", 3)
    report = parse_tap("ok\n" * 5 + "1..5\n")
    assert len(report.tests) == 3
    assert report.problem is not None and "more than 3 tests" in report.problem


def test_depth_and_long_lines_are_no_trouble():
    """Nothing here grows with the square of the length of a line, or with the depth of the stack."""
    deep = "".join(f"{'    ' * depth}ok 1 - {depth}\n" for depth in range(200))
    long = (
        "not ok 1 - "
        + "# " * 50_000
        + "\n  ---\n  "
        + "a: " * 50_000
        + "\n  "
        + " " * 100_000
        + "|\n  ...\n1..1\n"
    )
    for text in (deep, long, "\\" * 100_000, "ok " + "\\#" * 50_000):
        try:
            parse_tap(text)
        except BadReport as error:
            assert str(error)


def test_diagnostics_are_read_and_never_run():
    told = parse_diagnostics(
        [
            "message: 'it''s'",
            'name: "a\\nb\\"c"',
            "at:",
            "  file: a.js",
            "  line: 3",
            "stack: |-",
            "  one",
            "",
            "    two",
            "empty: ~",
            "- item",
            "tag: !!python/object/apply:os.system [ls]",
            "anchor: &a [*a, *a]",
            "url: http://x",
        ]
    )
    assert told["message"] == "it's"
    assert told["name"] == 'a\nb"c'
    assert (told["at.file"], told["at.line"]) == ("a.js", "3")
    assert told["stack"] == "one\n\n  two"
    assert told["empty"] == ""
    assert told["tag"] == "!!python/object/apply:os.system [ls]"
    assert told["url"] == "http://x"
