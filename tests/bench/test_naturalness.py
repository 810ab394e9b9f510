"""What reads like the rest of a file costs less than what doesn't, and the fix is found among its function's edits."""

import pytest

from bench.naturalness.run import WAYS, Faulty, rank
from bench.naturalness.usage import STRANGEST, Usage, tokens
from macrohard_lsp.core.changeset import TextEdit

PROGRAM = """def area(width, height):
    return width * height


def border(width, height):
    return 2 * width + 2 * height


def frame(width, height):
    return border(width, width)
"""


def edit(old: str, new: str, text: str = PROGRAM) -> tuple[TextEdit, ...]:
    start = text.rindex(old)
    return (TextEdit(start, start + len(old), new),)


USUAL = [
    (edit("width)", "height)"), edit("width)", "frame)")),
    (edit("border(", "area("), edit("border(", "area.frame(")),
    (edit("width)", "2 * width)"), edit("width)", "width * frame)")),
]


@pytest.mark.parametrize(("usual", "strange"), USUAL)
def test_what_reads_like_the_rest_costs_less(usual, strange):
    usage = Usage(PROGRAM)
    assert 0 < usage.cost(usual) < usage.cost(strange) <= STRANGEST
    assert usage.cost(edit("width)", "!".join(map(str, range(50))))) == STRANGEST


def test_an_edit_of_some_characters_is_one_of_whole_tokens():
    usage = Usage(PROGRAM)
    assert usage.cost(edit("border", "bed")) == usage.cost(edit("order", "ed")) > usage.cost(edit("b", "b"))


def test_other_files_make_usual_what_they_hold():
    strange = edit("width)", "frame)")
    assert Usage(PROGRAM, ["border(width, frame)\n"] * 9).cost(strange) < Usage(PROGRAM).cost(strange)


def test_what_things_are_called_changes_nothing():
    renamed = PROGRAM.replace("width", "höhe").replace("border", "b")
    for old, new in (("border(", "area("), ("height):", "width):")):
        there = [part.replace("width", "höhe").replace("border", "b") for part in (old, new)]
        assert Usage(PROGRAM).cost(edit(old, new)) == Usage(renamed).cost(edit(*there, renamed))


def test_tokens_are_those_of_python_and_no_comments():
    assert tokens("a+=f'{b}' # c\n'''d\ne'''**2.5e3") == (
        "a",
        "+=",
        "f'{b}'",
        "\n",
        "'''d\ne'''",
        "**",
        "2.5e3",
    )


def test_the_fix_is_found_among_the_edits_of_its_function():
    ranked = rank(Faulty("frame", PROGRAM, PROGRAM.replace("(width, width)", "( width,height )"), ()))
    assert ranked is not None
    assert len(ranked.ranks) == len(ranked.losses) == len(WAYS)
    assert all(1 <= place <= ranked.candidates for place in ranked.ranks)
    assert (
        rank(Faulty("frame", PROGRAM, PROGRAM.replace("(width, width)", "(*sorted((1, 2, 3)))"), ())) is None
    )
