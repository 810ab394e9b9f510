from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.runs.record import run_id_at

YEARS_2025_TO_2059 = st.integers(1_735_689_600_000, 1_735_689_600_000 + 2**40 - 1)


@given(YEARS_2025_TO_2059, YEARS_2025_TO_2059)
def test_ids_sort_as_their_times_do_and_differ_when_those_do(earlier: int, later: int) -> None:
    assert (run_id_at(earlier) < run_id_at(later)) == (earlier < later)
    assert (run_id_at(earlier) == run_id_at(later)) == (earlier == later)


def test_an_id_is_short_and_has_no_letter_that_reads_as_a_digit() -> None:
    run_id = run_id_at(1_800_000_000_123)
    assert len(run_id) == 8
    assert not set(run_id) & set("ilou")
