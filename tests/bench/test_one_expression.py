import pytest

from bench.real.one_expression import one_expression, tokens_of

BEFORE = '''\
class Clock:
    """Tells the time."""

    zone: str = "UTC"

    @cached(60)
    def read(self, when, *, step=1):
        # Whole steps only.
        if when < self.last or self.stopped:
            raise ValueError("too early")
        for part in (when.hour, when.minute):
            total += part * (step + 1)
        return f"{total:02}"
'''


@pytest.mark.parametrize(
    ("old", "new", "removed", "added"),
    [
        ("when < self", "when <= self", 1, 1),
        ("self.stopped:", "not self.stopped:", 0, 1),
        ("(when.hour, when.minute)", "(when.hour, when.minute, 0)", 0, 2),
        ("step=1", "step=2", 1, 1),
        ("cached(60)", "cached(90)", 1, 1),
        ('"too early"', '"too late"', 1, 1),
        ("{total:02}", "{total:03}", 1, 1),
        ("(step + 1)", "step", 4, 0),
        ("step + 1", "step * self.factor(1) + 1", 0, 7),
        ("self.last or self.stopped", "self.last and (\n            not self.stopped)", 1, 4),
    ],
)
def test_a_change_of_one_expression(old: str, new: str, removed: int, added: int) -> None:
    change = one_expression(BEFORE, BEFORE.replace(old, new))
    assert change is not None
    assert (change.removed, change.added, change.small) == (removed, added, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total += part", "total -= part"),
        ("        return", "        self.last = when\n        return"),
        ("        for part", "        while part"),
        ('raise ValueError("too early")', "return"),
        ('raise ValueError("too early")', 'raise ValueError("too early") from None'),
        ("def read(self, when", "def read(self, now"),
        ("when < self", "when <= self.first < self"),
        ("def read(self, when, *, step=1)", "def read(self, when, *, step=1, size=2)"),
    ],
)
def test_a_change_of_more_than_an_expression_is_none(old: str, new: str) -> None:
    after = BEFORE.replace(old, new)
    if "first" in new:
        after = after.replace("step + 1", "step + 2")
    assert after != BEFORE
    assert one_expression(BEFORE, after) is None


def test_comments_docstrings_annotations_and_layout_are_no_change() -> None:
    after = (
        BEFORE.replace("# Whole steps only.", "# Only whole steps.")
        .replace("Tells the time", "Reads the time")
        .replace("zone: str", "zone: int")
        .replace("when, *", "when: int, *")
        .replace("(when.hour, when.minute)", "(\n            when.hour,\n            when.minute,\n        )")
    )
    assert after != BEFORE
    assert one_expression(BEFORE, after) is None
    change = one_expression(BEFORE, after.replace("when <", "when >"))
    assert change is not None
    assert (change.removed, change.added) == (1, 1)


def test_a_version_number_is_no_expression_of_interest() -> None:
    assert one_expression('__version__ = "1.0"\n', '__version__ = "1.1"\n') is None


def test_more_than_eight_tokens_are_too_many() -> None:
    change = one_expression("x = f(a)\n", "x = f(a, b, c, d, e, g)\n")
    assert change is not None
    assert (change.added, change.small) == (10, False)


def test_the_text_that_differs_is_that_between_the_outermost_changed_tokens() -> None:
    change = one_expression("x = 'é', f(a, b, c)\n", "x = 'é', f(a, g(b), c)\n")
    assert change is not None
    assert (change.before, change.after, change.start) == ("b", "g(b)", 14)
    assert one_expression("x = a.b(1, 2)\n", "x = a.c(1, 3)\n").differing == "b(1, 2"


def test_an_f_string_is_one_token() -> None:
    assert [token.text for token in tokens_of("f(f'{a + f\"{b}\"}', 1)")] == [
        "f",
        "(",
        "f'{a + f\"{b}\"}'",
        ",",
        "1",
        ")",
    ]
