"""Parentheses: always where the meaning needs them, never elsewhere."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.repair.operators.family import put_node
from macrohard_lsp.repair.scope import SourceContext

ATOMS = st.sampled_from(["a", "b", "1", "'s'", "None", "[a]", "(a, b)"])


def _compounds(inner):
    def join(operators):
        return st.builds("{} {} {}".format, inner, st.sampled_from(operators), inner)

    return st.one_of(
        join(["+", "-", "*", "/", "//", "%", "**", "<<", "|", "&", "^", "@"]),
        join(["and", "or"]),
        join(["<", "==", "is not", "not in"]),
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("-{}".format, inner),
        st.builds("g({}, k={})".format, inner, inner),
        st.builds("{} if {} else {}".format, inner, inner, inner),
        st.builds("lambda: {}".format, inner),
        st.builds("[{} for x in {} if {}]".format, inner, inner, inner),
        st.builds("{}[{}:]".format, ATOMS, inner),
        st.builds("({}).m".format, inner),
    )


def _parsed(text):
    try:
        return ast.dump(_Flat().visit(ast.parse(text)))
    except SyntaxError:
        return None


class _Flat(ast.NodeTransformer):
    """`a and (b and c)` means `a and b and c`: written as one node."""

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        values = []
        for value in node.values:
            same = isinstance(value, ast.BoolOp) and type(value.op) is type(node.op)
            values.extend(value.values if same else [value])
        return ast.BoolOp(node.op, values)


@given(st.recursive(ATOMS, _compounds, max_leaves=6), st.data())
def test_a_copy_in_another_place_means_what_it_meant(expression, data):
    text = f"x = {expression}\n"
    if _parsed(text) is None:
        return
    source = SourceContext("code.py", text)
    loads = [node for node in source.nodes if node.role == "load"]
    node = data.draw(st.sampled_from(loads))
    other = data.draw(st.sampled_from(loads))
    start, end, new = put_node(source, node, other)
    placed = text[:start] + new + text[end:]
    forced = f"{text[:start]}({other.text}){text[end:]}"
    assert _parsed(placed) == _parsed(forced)
    if new == f"({other.text})" and not other.text.isdecimal():
        bare = f"{text[:start]}{other.text}{text[end:]}"
        assert _parsed(bare) != _parsed(forced), "the parentheses were not needed"
