"""Messages survive however the stream is cut; what isn't a message of this run is noticed."""

import importlib.util
import itertools
import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.testing.attempt import INSIDE
from macrohard_lsp.testing.channel import ChannelCorrupted, MessageReader
from macrohard_lsp.testing.coverage import coverage_of
from macrohard_lsp.testing.messages import Lines

IDS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), max_size=8)


def told(ids, secret="s") -> bytes:
    messages = ({"type": "end", "id": id, "secret": secret, "number": n} for n, id in enumerate(ids, 1))
    return "".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages).encode()


def read_all(pieces, secret="s") -> tuple[list[str], MessageReader]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = MessageReader(ours, secret)
        ids = []
        for piece in pieces:
            theirs.sendall(piece)
            ids += [message.id for message in reader.receive(1.0)]
        theirs.close()
        while not reader.closed:
            ids += [message.id for message in reader.receive(1.0)]
        return ids, reader


@given(IDS, st.lists(st.integers(0, 400), max_size=5))
def test_however_it_is_cut(ids, cuts):
    data = told(ids)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in itertools.pairwise(places)]
    assert read_all(pieces)[0] == ids


@pytest.mark.parametrize(
    "data",
    [
        told(["a"], secret="guessed"),
        told(["a"]) + told(["b"]),
        told(["a", "b"])[:-1] + b"x\n",
        b'{"type": "end"}\n',
        b'{"type": "nonsense", "secret": "s", "number": 1}\n',
        b"hello\n",
        b"\xff\xfe\n",
        b"[]\n",
    ],
)
def test_what_is_not_a_message_is_noticed(data):
    with pytest.raises(ChannelCorrupted):
        read_all([data])


def test_a_line_cut_short_by_death_is_no_message():
    assert read_all([told(["a"]), b'{"type": "end", "i'])[0] == ["a"]


def test_a_stack_is_no_message():
    stack = b'Stack (most recent call first):\n  File "/w/a.py", line 1 in f\n  ...\n'
    ids, reader = read_all([told(["a"]), stack])
    assert ids == ["a"]
    assert reader.stack_lines == stack.decode().splitlines()


def ranges_of(lines):
    spec = importlib.util.spec_from_file_location("inside_tracers", INSIDE / "macrohard_inside_tracers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ranges_of(lines)


@given(st.dictionaries(st.sampled_from(["a.py", "b/c.py"]), st.sets(st.integers(1, 60), min_size=1)))
def test_ranges_mean_the_lines_they_were_made_from(lines):
    message = Lines(type="lines", secret="", number=1, id="t", files=ranges_of(lines), partial=False)
    assert coverage_of([message]).by_test["t"] == lines
