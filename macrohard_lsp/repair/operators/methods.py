"""The builtin or method beside the one called: opposites, and names easily mistaken for one another."""

from collections.abc import Iterator

from macrohard_lsp.repair.operators.family import Draft, Family, rank_cost, use
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node, kinds

# Rows of names of the standard library that stand for one another. Only these are known by name.
_METHODS = (
    "append extend insert add", "keys values items", "startswith endswith", "lstrip rstrip strip",
    "lower upper casefold", "upper title capitalize", "swapcase upper lower", "find rfind index rindex",
    "split rsplit splitlines", "partition rpartition", "add update discard remove", "pop popleft popitem",
    "append appendleft", "extend extendleft", "ljust rjust center", "zfill rjust",
    "isdigit isdecimal isnumeric isalnum isalpha", "islower isupper istitle", "get setdefault pop",
    "union intersection difference symmetric_difference update", "issubset issuperset isdisjoint",
    "intersection_update difference_update update", "encode decode",
    "removeprefix removesuffix lstrip rstrip", "search match fullmatch", "findall finditer", "sub subn",
    "join split", "read readline readlines", "write writelines", "ceil floor trunc", "sin cos tan",
    "dump dumps", "load loads", "exists isfile isdir", "is_file is_dir exists", "basename dirname",
    "total_seconds seconds", "date datetime", "count index find", "sort reverse", "copy deepcopy",
    "sqrt pow", "log log10 log2", "put get", "acquire release", "bisect_left bisect_right",
    "insort_left insort_right", "heappush heappop heappushpop heapreplace",
    "product permutations combinations", "first last", "left right", "prev next", "start end", "min max",
    "width height", "parent parents", "stem name suffix", "permutations combinations_with_replacement",
    "most_common elements", "group groups groupdict", "putnow put_nowait", "get get_nowait", "head tail",
)  # fmt: skip
_BUILTINS = (
    "min max", "any all", "sorted reversed list set", "int float str", "int round", "ord chr",
    "isinstance issubclass", "list tuple set", "set frozenset", "dict list", "str repr", "bin hex oct",
    "hasattr getattr", "len sum", "min sum", "max sum", "max len", "min len", "zip enumerate",
    "range enumerate", "map filter", "abs round", "iter next", "ceil floor trunc",
    "bisect_left bisect_right", "heappush heappop", "product permutations combinations", "len max",
    "staticmethod classmethod", "divmod pow", "str bytes", "bool int", "copy deepcopy", "any sum",
    "id hash",
)  # fmt: skip


def _rows(rows: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """For each name the others of its rows, in the order of the rows."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        names = row.split()
        for name in names:
            found.setdefault(name, {}).update(dict.fromkeys(other for other in names if other != name))
    return {name: tuple(others) for name, others in found.items()}


_METHODS_BESIDE = _rows(_METHODS)
_BUILTINS_BESIDE = _rows(_BUILTINS)
_METHODS_OF_FILE_TRIED = 10


def _method(node: Node, _source: SourceContext) -> Iterator[Draft]:
    attribute = node.get("attribute")
    if attribute is None or not node.role:
        return
    for rank, name in enumerate(_METHODS_BESIDE.get(attribute.text, ())):
        yield Draft(((attribute.start, attribute.end, name),), use(name, attribute.text), rank_cost(rank))


def _method_of_file(node: Node, source: SourceContext) -> Iterator[Draft]:
    """Any method this file calls."""
    attribute = node.get("attribute")
    if attribute is None or node.field != "function":
        return
    others = [name for name in source.methods if name != attribute.text][:_METHODS_OF_FILE_TRIED]
    for rank, name in enumerate(others):
        yield Draft(((attribute.start, attribute.end, name),), use(name, attribute.text), rank_cost(rank))


def _builtin(node: Node, source: SourceContext) -> Iterator[Draft]:
    if node.role != "load" or node.text not in _BUILTINS_BESIDE or node.text in source.names_at(node):
        return
    for rank, name in enumerate(_BUILTINS_BESIDE[node.text]):
        yield Draft(((node.start, node.end, name),), use(name, node.text), rank_cost(rank))


FAMILIES = (
    Family("method", 2.9, kinds("attribute"), _method),
    Family("method-of-file", 4.8, kinds("attribute"), _method_of_file),
    Family("builtin", 2.8, kinds("identifier"), _builtin),
)
