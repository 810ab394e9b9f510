"""JUnit XML as its writers write it, and as nobody should."""

import pytest

from macrohard_lsp.testing.reports import junit, model
from macrohard_lsp.testing.reports.junit import parse_junit
from macrohard_lsp.testing.reports.model import BadReport

# Each: the report, the files of the workspace, what is expected. The first ones were written by the programs they name.
CASES = {
    "vitest": (
        """
        <?xml version="1.0" encoding="UTF-8" ?>
        <testsuites name="vitest tests" tests="3" failures="2" errors="0" time="0.01">
          <testsuite name="test/v.test.mjs" tests="3" failures="2" errors="0" skipped="1" time="0.01">
            <testcase classname="test/v.test.mjs" name="sums &gt; adds" time="0.007879274">
              <failure message="expected -1 to be 3 // Object.is equality" type="AssertionError">
        AssertionError: expected -1 to be 3 // Object.is equality

        - Expected
        + Received

         ❯ test/v.test.mjs:4:44
              </failure>
            </testcase>
            <testcase classname="test/v.test.mjs" name="sums &gt; booms" time="0.0008">
              <failure message="boom" type="Error">
        Error: boom
         ❯ Object.boom src/sum.js:5:9
         ❯ test/v.test.mjs:6:27
              </failure>
            </testcase>
            <testcase classname="test/v.test.mjs" name="sums &gt; skipped" time="0"><skipped/></testcase>
            <testcase classname="test/v.test.mjs" name="sums &gt; zero" time="0"></testcase>
          </testsuite>
        </testsuites>
        """,
        "test/v.test.mjs src/sum.js",
        """
        failed test/v.test.mjs::sums > adds @ test/v.test.mjs:4 | expected -1 to be 3
        failed test/v.test.mjs::sums > booms @ src/sum.js:5 | boom
        skipped test/v.test.mjs::sums > skipped
        passed test/v.test.mjs::sums > zero
        """,
    ),
    "jest, with jest-junit": (
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="jest tests" tests="2" failures="1" errors="0" time="0.723">
          <testsuite name="sums" errors="0" failures="1" skipped="0" time="0.545" tests="2">
            <testcase classname="sums booms" name="sums booms" time="0.003">
              <failure>Error: boom
            at boom (/home/u/shop/src/sum.js:5:9)
            at Object.boom (/home/u/shop/src/j.test.js:5:25)
            at Promise.finally.completed (/home/u/shop/node_modules/jest-circus/build/jestAdapterInit.js:1834:28)
            at new Promise (&lt;anonymous&gt;)</failure>
            </testcase>
            <testcase classname="sums zero" name="sums zero" time="0"></testcase>
          </testsuite>
        </testsuites>
        """,
        "src/sum.js src/j.test.js node_modules/jest-circus/build/jestAdapterInit.js",
        """
        failed the command::sums booms @ src/sum.js:5 | Error: boom
        passed the command::sums zero
        """,
    ),
    "node, in the copy of the process tier": (
        """
        <?xml version="1.0" encoding="utf-8"?>
        <testsuites>
            <testcase name="/tmp/macrohard-copy/shop/test/broken.test.js" time="0.07" classname="test">
                <failure type="testCodeFailure" message="test failed">[Error: test failed] { exitCode: 1 }</failure>
            </testcase>
            <testsuite name="outer" time="0.001" tests="1" failures="1" hostname="vm">
                <testcase name="inner bad" time="0.001307" classname="test">
                    <failure type="testCodeFailure" message="not equal">
        Error [ERR_TEST_FAILURE]: not equal
            at TestContext.&lt;anonymous> (/tmp/macrohard-copy/shop/test/sum.test.js:15:11) {
          failureType: 'testCodeFailure',
          cause: AssertionError [ERR_ASSERTION]: not equal
              at TestContext.&lt;anonymous> (/tmp/macrohard-copy/shop/test/sum.test.js:17:44)
              at Test.runInAsyncScope (node:async_hooks:206:9)
        }
                    </failure>
                </testcase>
            </testsuite>
            <testcase name="todo one" time="0.006731" classname="test">
                <skipped type="todo" message="later"/>
                <failure type="testCodeFailure" message="falsy">at /tmp/macrohard-copy/shop/test/sum.test.js:1</failure>
            </testcase>
        </testsuites>
        """,
        "test/broken.test.js test/sum.test.js",
        """
        failed test/broken.test.js @ test/broken.test.js:1 | test failed
        failed the command::outer > inner bad @ test/sum.test.js:17 | not equal
        xfailed the command::todo one | later
        """,
    ),
    "pytest": (
        """
        <?xml version="1.0" encoding="utf-8"?>
        <testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" tests="4" hostname="vm">
        <testcase classname="tests.test_a.TestX" name="test_bad[1]" time="0.001"><failure message="assert 1 == 2">
        self = &lt;test_a.TestX object&gt;

            def test_bad(self, n):
        &gt;       half(n)

        tests/test_a.py:9:
        _ _ _
        calc.py:3: ZeroDivisionError</failure></testcase>
        <testcase classname="tests.test_a" name="test_skip" time="0.0"><skipped type="pytest.skip" message="why">
        /home/u/shop/tests/test_a.py:11: why</skipped></testcase>
        <testcase classname="tests.test_a" name="test_x" time="0.0"><skipped type="pytest.xfail" message="known"/></testcase>
        <testcase classname="" name="tests.test_b" time="0.000"><error message="collection failure">tests/test_b.py:1: in &lt;module&gt;
            import gone
        E   ModuleNotFoundError: No module named 'gone'</error></testcase>
        </testsuite></testsuites>
        """,
        "tests/test_a.py tests/test_b.py calc.py",
        """
        failed tests/test_a.py::TestX::test_bad[1] @ calc.py:3 | assert 1 == 2
        skipped tests/test_a.py::test_skip | why
        xfailed tests/test_a.py::test_x | known
        error the command::pytest > tests.test_b @ tests/test_b.py:1 | collection failure
        """,
    ),
    "a Python traceback": (
        """
        <testsuite name="s"><testcase name="t" classname="c"><error type="ValueError">Traceback (most recent call last):
          File "/home/u/shop/run.py", line 3, in test
            calc.half()
          File "/home/u/shop/calc.py", line 8, in half
            raise ValueError("boom")
          File "/usr/lib/python3.11/abc.py", line 1, in x
        ValueError: boom</error></testcase></testsuite>
        """,
        "run.py calc.py",
        "error c::s > t @ calc.py:8 | Traceback",
    ),
    "gotestsum": (
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="2" failures="1" errors="0" time="0.1">
          <testsuite tests="2" failures="1" time="0.002" name="example.com/sums/inner" timestamp="x">
            <testcase classname="example.com/sums/inner" name="TestSum/one" time="0.000000">
              <failure message="Failed" type="">=== RUN   TestSum/one&#xA;    sum_test.go:8: Sum = 3, want 4&#xA;--- FAIL</failure>
            </testcase>
            <testcase classname="example.com/sums/inner" name="TestZero" time="0.000000"></testcase>
          </testsuite>
        </testsuites>
        """,
        "go/go.mod go/inner/sum_test.go sum_test.go",
        """
        failed example.com/sums/inner::TestSum/one @ go/inner/sum_test.go:8 | Failed
        passed example.com/sums/inner::TestZero
        """,
    ),
    "nextest": (
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="nextest-run" tests="1" failures="1" errors="0">
          <testsuite name="sums" tests="1" failures="1">
            <testcase name="tests::it_works" classname="sums" time="0.004">
              <failure message="thread 'tests::it_works' panicked at src/lib.rs:15:9" type="test failure">thread 'tests::it_works' panicked at src/lib.rs:15:9:
        assertion `left == right` failed</failure>
              <system-err>thread 'tests::it_works' panicked at src/lib.rs:15:9:</system-err>
            </testcase>
          </testsuite>
        </testsuites>
        """,
        "src/lib.rs",
        "failed sums::tests::it_works @ src/lib.rs:15 | panicked",
    ),
    "the report's own places come first": (
        """
        <testsuite name="s">
          <testcase name="a" file="spec/a.rb" line="3"><failure file="lib/a.rb" line="9">spec/a.rb:4</failure></testcase>
          <testcase name="b" file="./spec/a.rb" line="7"><failure>no stack</failure></testcase>
          <testcase name="c" file="elsewhere/c.rb" line="7"><failure message="lost"/></testcase>
        </testsuite>
        """,
        "spec/a.rb lib/a.rb",
        """
        failed spec/a.rb::s > a @ lib/a.rb:9
        failed spec/a.rb::s > b @ spec/a.rb:7
        failed the command::s > c @ pyproject.toml:7 | names no file of this folder
        """,
    ),
    "a stack in what it printed, and the same name twice": (
        """
        <testsuites><testsuite name="s"><testcase name="t"/><testcase name="t"><failure message="exit 1"/>
        <system-err>at f (file:///home/u/shop/a%20b/x.mjs:3:1)</system-err></testcase></testsuite></testsuites>
        """,
        "x.mjs",
        """
        passed the command::s > t
        failed the command::s > t #2 @ pyproject.toml:7 | exit 1
        """,
    ),
    "names with a space": (
        """
        <testsuite><testcase name="t"><failure>at f (/home/u/shop/x.mjs:3:1)
        at g (/home/u/shop/../../../etc/x.mjs:1:1)</failure></testcase></testsuite>
        """,
        "x.mjs",
        "failed the command::t @ x.mjs:3",
    ),
    "no tests": ("<testsuites/>", "", ""),
    "not XML": ("<testsuites><testsuite></testsuites>", "", "refused is not XML at line 1, column 26: mismatched tag"),
    "cut short": ("<testsuites><testcase name='a'>", "", "refused is not XML at line 1"),
    "something else": ("<html><body/></html>", "", "refused outermost element is <html>"),
    "another encoding": (
        '<?xml version="1.0" encoding="iso-8859-1"?><testsuite><testcase name="f\xfcr"/></testsuite>'.encode("latin-1"),
        "",
        "passed the command::f\xfcr",
    ),
    "an encoding nobody knows": (
        b'<?xml version="1.0" encoding="klingon"?><testsuite/>',
        "",
        "refused klingon",
    ),
    "a billion laughs": (
        """<?xml version="1.0"?>
        <!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>
        <testsuite><testcase name="&c;"/></testsuite>
        """,
        "",
        "refused has a document type",
    ),
    "a file from elsewhere": (
        """<?xml version="1.0"?>
        <!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>
        """,
        "",
        "refused has a document type",
    ),
    "a document type elsewhere": (
        '<?xml version="1.0"?><!DOCTYPE t SYSTEM "http://127.0.0.1:1/t.dtd"><testsuite/>',
        "",
        "refused has a document type",
    ),
    "an entity without a document type": ("<testsuite>&x;</testsuite>", "", "refused is not XML"),
    "too deep": ("<testsuite>" * 100 + "</testsuite>" * 100, "", "refused elements inside one another"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_reads(name: str, check):
    report, files, expected = CASES[name]
    check(report, files, expected, modules={"example.com/sums": "go"})


def test_what_is_too_large_is_refused_before_it_is_parsed():
    with pytest.raises(BadReport, match="larger than 64 MiB"):
        parse_junit(b"<testsuite>" + b" " * model.MOST_BYTES)


def test_more_tests_than_are_kept_are_said(monkeypatch):
    monkeypatch.setattr(junit, "MOST_TESTS", 3)
    report = parse_junit(b"<testsuite>" + b"<testcase name='t'/>" * 4 + b"</testsuite>")
    assert len(report.tests) == 3
    assert report.problem is not None and "more than 3 tests" in report.problem


def test_of_a_long_text_the_beginning_is_kept():
    long = b"x" * 1_000_000
    report = parse_junit(
        b"<testsuite><testcase name='%s'><failure message='%s'>%s</failure></testcase></testsuite>"
        % (long, long, long)
    )
    test = report.tests[0]
    assert max(map(len, (test.names[0], test.message, test.text))) <= model.MOST_TEXT
