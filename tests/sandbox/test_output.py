"""Bounded output against a slow reference."""

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.sandbox.output import HeadAndTail


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(0, 100))
def test_keeps_the_two_ends(chunks: list[bytes], limit: int) -> None:
    kept = HeadAndTail(limit)
    for chunk in chunks:
        kept.add(chunk)
    whole = b"".join(chunks)
    if len(whole) <= limit:
        assert (kept.value(), kept.dropped) == (whole, 0)
        return
    assert kept.dropped == len(whole) - limit
    head, tail = limit // 2, limit - limit // 2
    note = b"\n[... %d bytes left out ...]\n" % kept.dropped
    assert kept.value() == whole[:head] + note + whole[len(whole) - tail :]
