"""Which names are taken for one another, and which are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.repair.causes.near import distance, nearest, only_near

NAMES = st.text("abc_", max_size=6)


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("totl", "total tool value", "total"),
        ("reciept", "receipt recipe", "receipt"),
        ("userName", "user_name user", "user_name"),
        ("get_user_name", "user_name name", "user_name"),
        ("lenght", "length", "length"),
        ("frobnicate", "total value", ""),
        ("x", "y z", ""),
        ("total", "total", ""),
        ("getData", "get_data get_date", "get_data get_date"),
    ],
)
def test_nearest(name: str, known: str, found: str):
    assert list(nearest(name, known.split()))[: len(found.split()) or None] == found.split()


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("load_files", "load_file save", "load_file"),
        ("load_fil", "load_file load_fill", None),
        ("frobnicate", "load", None),
        ("load", "", None),
    ],
)
def test_the_only_one_meant(name: str, known: str, found: str | None):
    assert only_near(name, known.split()) == found


@given(NAMES, NAMES)
def test_distance_is_the_same_both_ways_and_nothing_only_for_the_same(left: str, right: str):
    assert distance(left, right) == distance(right, left)
    assert (distance(left, right) == 0) == (left == right)
    assert abs(len(left) - len(right)) <= distance(left, right) <= max(len(left), len(right))
