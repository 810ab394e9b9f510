"""What is taken for a rename, a move or other parameters, and what git adds to an error's words."""

import re
from pathlib import Path

import pytest

from macrohard_lsp.core.files import source_file
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.core.testrun import Frame, Outcome, TestResult
from macrohard_lsp.repair.causes import Sources, aimed_edits, read_cause
from macrohard_lsp.repair.causes.history import History, compare
from macrohard_lsp.workspace.index import build_index

READ = "def {}(path):\n    with open(path) as file:\n        return [line.strip() for line in file]\n"
WRITE = "def {}(path, lines):\n    path.write_text('\\n'.join(lines))\n    return len(lines)\n"
BOX = "class {}:\n    def {}(self, what):\n        self.inside = [*self.inside, what]\n        return self.inside\n"


def texts(**files: str) -> dict[str, str]:
    return {name.replace("__", "/") + ".py": text for name, text in files.items()}


def told(history: History) -> list[str]:
    definitions = [f"{item.old_path}:{item.old} -> {item.path}:{item.new}" for item in history.definitions]
    parameters = [
        f"{item.name}: {dict(item.renamed)} -{[*item.removed]} +{[*item.added]}"
        for item in history.parameters
    ]
    return [*(f"{old} -> {new}" for old, new in history.modules), *definitions, *parameters]


BEFORE_AND_NOW = {
    "a function renamed beside another": (
        texts(a=READ.format("load") + WRITE.format("save")),
        texts(a=READ.format("read_lines") + WRITE.format("save")),
        ["a.py:load -> a.py:read_lines"],
    ),
    "two at once": (
        texts(a=READ.format("load") + WRITE.format("save")),
        texts(a=WRITE.format("put") + READ.format("get")),
        ["a.py:load -> a.py:get", "a.py:save -> a.py:put"],
    ),
    "a function moved": (
        texts(a=READ.format("load") + WRITE.format("save"), b="x = 1\n"),
        texts(a=WRITE.format("save"), b="x = 1\n" + READ.format("load")),
        ["a.py:load -> b.py:load"],
    ),
    "a method renamed": (
        texts(a=BOX.format("Box", "put")),
        texts(a=BOX.format("Box", "insert")),
        ["a.py:Box.put -> a.py:Box.insert"],
    ),
    "a module renamed": (
        texts(pkg__a=READ.format("load")),
        texts(pkg__b=READ.format("load")),
        ["pkg/a.py -> pkg/b.py"],
    ),
    "a parameter renamed": (
        texts(a="def f(a, old, *, c): return old\n"),
        texts(a="def f(a, new, *, c): return new\n"),
        ["f: {'old': 'new'} -[] +[]"],
    ),
    "parameters come and go": (
        texts(a="def f(a, b): return a\n"),
        texts(a="def f(b, c, d): return b\n"),
        ["f: {} -['a'] +['c', 'd']"],
    ),
    "something else in its place": (texts(a=READ.format("load")), texts(a="def total(n): return n\n"), []),
    "nothing": (texts(a=READ.format("load")), texts(a=READ.format("load")), []),
    "no Python": (texts(a="def ("), texts(a=")"), []),
}


@pytest.mark.parametrize("name", BEFORE_AND_NOW)
def test_what_happened(name: str):
    before, now, expected = BEFORE_AND_NOW[name]
    assert sorted(told(compare(before, now))) == sorted(expected)


# An error, the files before and now, and what is done first; no name is like the one that is sought.
KNOWN_BY_GIT = {
    "a function renamed": (
        "ImportError: cannot import name 'load' from 'a' (/w/a.py)",
        texts(a=READ.format("load"), b="from a import load\n"),
        texts(a=READ.format("fetch"), b="from a import load\n"),
        "use `fetch`, as `load` of a.py is called now",
        {"b.py": "from a import fetch\n"},
    ),
    "a function moved": (
        "ImportError: cannot import name 'load' from 'a' (/w/a.py)",
        texts(a=READ.format("load"), b="from a import load\n", c="x = 1\n"),
        texts(a="y = 1\n", b="from a import load\n", c=READ.format("load")),
        "import `load` from c.py, where it was moved to",
        {"b.py": "from c import load\n"},
    ),
    "a module renamed": (
        "ModuleNotFoundError: No module named 'a'",
        texts(a=READ.format("load"), b="import a\nload = a.load\n"),
        texts(reading=READ.format("load"), b="import a\nload = a.load\n"),
        "import `reading`, as `a` is called now",
        {"b.py": "import reading\nload = reading.load\n"},
    ),
    "a method renamed": (
        "AttributeError: 'Box' object has no attribute 'put'",
        texts(a=BOX.format("Box", "put"), b="def f(box): return box.put(1)\n"),
        texts(a=BOX.format("Box", "insert"), b="def f(box): return box.put(1)\n"),
        "use `.insert` instead of `.put`",
        {"b.py": "def f(box): return box.insert(1)\n"},
    ),
    "a parameter renamed": (
        "TypeError: f() got an unexpected keyword argument 'old'",
        texts(a="def f(old, *, c): return old\n", b="from a import f\nf(old=1, c=2)\n"),
        texts(a="def f(value, *, c): return value\n", b="from a import f\nf(old=1, c=2)\n"),
        "pass `value` instead of `old` to `f`",
        {"b.py": "from a import f\nf(value=1, c=2)\n"},
    ),
    "a parameter that came": (
        "TypeError: f() missing 1 required positional argument: 'new'",
        texts(a="def f(old): return old\n", b="from a import f\nf(1)\n"),
        texts(a="def f(old, new): return old\n", b="from a import f\nf(1)\n"),
        "give the new parameter `new` of `f` the default None",
        {"a.py": "def f(old, new=None): return old\n"},
    ),
}


@pytest.mark.parametrize("name", KNOWN_BY_GIT)
def test_what_git_knows_is_tried_first(name: str):
    error, before, now, summary, expected = KNOWN_BY_GIT[name]
    snapshot = Snapshot(Path("/w"), {path: source_file(path, text.encode()) for path, text in now.items()})
    place = Frame("b.py", 1 + (now["b.py"].count("\n") > 1 and "import " not in error), "f", True)
    kind = re.match(r"\w+", error)
    assert kind is not None
    cause = read_cause(TestResult("t", Outcome.FAILED, exception=kind[0], message=error, frames=(place,)))
    assert cause is not None
    sources = Sources(snapshot, build_index(snapshot), compare(before, now))
    first = next(aimed_edits(cause, sources))
    after = dict(now)
    for change in first.change_set.changes:
        for edit in reversed(getattr(change, "edits", ())):
            text = after[change.path]
            after[change.path] = text[: edit.start] + edit.new_text + text[edit.end :]
    assert first.summary == summary
    assert {path: text for path, text in after.items() if text != now[path]} == expected
