"""Inputs near those that tests gave: how many, how near, and always the same ones."""

import importlib.util
import re
from datetime import date

import pytest

from macrohard_lsp.testing.attempt import INSIDE

_SPEC = importlib.util.spec_from_file_location("mutation", INSIDE / "macrohard_inside_mutation.py")
assert _SPEC is not None
assert _SPEC.loader is not None
mutation = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mutation)


def near(*arguments, count=200):
    return [positional for positional, _ in mutation.near([(list(one), {}) for one in arguments], count, 7)]


def test_the_same_inputs_each_time_and_none_twice():
    inputs = near((3, [1, 2]), (4, []), ("ab", {"a": 1.5}))
    assert inputs == near((3, [1, 2]), (4, []), ("ab", {"a": 1.5}))
    assert len({repr(one) for one in inputs}) == len(inputs) == 200
    assert inputs[:3] == [[3, [1, 2]], [4, []], ["ab", {"a": 1.5}]]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((7, 2), id="numbers"),
        pytest.param(([3, 1, 2],), id="a list"),
        pytest.param(("some words",), id="a text"),
        pytest.param(([(1, "a"), (2, "b")],), id="nested"),
    ],
)
def test_one_recorded_call_is_enough_for_many_inputs(arguments):
    inputs = near(arguments)
    assert len(inputs) == 200
    assert {tuple(map(type, one)) for one in inputs} == {tuple(map(type, arguments))}


def test_recorded_calls_are_left_as_they_were():
    recorded = [([[1, 2], {"a": [3]}], {"key": {4}})]
    mutation.near(recorded, 200, 7)
    assert recorded == [([[1, 2], {"a": [3]}], {"key": {4}})]


@pytest.mark.parametrize(
    ("text", "shape", "least"),
    [
        pytest.param("2024-02-17", r"\d{4}-\d\d-\d\d", 30, id="a date"),
        pytest.param("3/45", r"\d+/\d+", 30, id="a fraction"),
        pytest.param("([]{})", r"[\[\](){}<>]+", 30, id="brackets"),
        pytest.param("Hello", r"[A-Z][a-z]{4}", 20, id="a name"),
    ],
)
def test_many_texts_keep_their_shape(text, shape, least):
    found = [one for (one,) in near((text,), (text,), (text,), (text,)) if re.fullmatch(shape, one)]
    assert len(set(found)) >= least


def test_some_changed_dates_are_dates():
    def is_date(text):
        try:
            return date.fromisoformat(text) is not None
        except ValueError:
            return False

    assert sum(is_date(one) for (one,) in near(("2024-02-17",))) >= 20


@pytest.mark.parametrize("value", [b"", b"\xff\x00abc 12", "", "é ü", "\ud800"])
def test_text_stays_what_it_is(value):
    assert {type(one) for (one,) in near((value,))} == {type(value)}
