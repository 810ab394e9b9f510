"""What was renamed, moved or given other parameters since a commit: definitions that went, and those that came."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from macrohard_lsp.workspace.outline import Definition, DefinitionKind, outline
from macrohard_lsp.workspace.python_syntax import parse

# How alike two texts have to be, from 0 to 1, for one to be the other under another name.
_ALIKE = 0.6
# Comparing takes time; of longer texts the beginning is looked at.
_COMPARED = 4000
MOST_COMPARED = 400


@dataclass(frozen=True, slots=True)
class Renamed:
    """A definition that stood in `old_path` as `old` (its qualified name) stands now in `path` as `new`."""

    old_path: str
    old: str
    path: str
    new: str
    kind: DefinitionKind


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of the definition `name` in `path`, `self` included, as they were and as they are."""

    path: str
    name: str
    before: tuple[str, ...]
    now: tuple[str, ...]

    @property
    def renamed(self) -> Mapping[str, str]:
        """Those that stand now under another name in the same place."""
        if len(self.before) != len(self.now):
            return {}
        pairs = zip(self.before, self.now, strict=True)
        return {old: new for old, new in pairs if old not in self.now and new not in self.before}

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(name for name in self.before if name not in self.now and name not in self.renamed)

    @property
    def added(self) -> tuple[str, ...]:
        taken = set(self.renamed.values())
        return tuple(name for name in self.now if name not in self.before and name not in taken)


@dataclass(frozen=True, slots=True)
class History:
    """What happened lately, as far as it can be told; `modules` are new paths by old ones."""

    definitions: tuple[Renamed, ...] = ()
    parameters: tuple[Parameters, ...] = ()
    modules: tuple[tuple[str, str], ...] = ()

    def of_definition(self, name: str, path: str | None = None) -> Iterator[Renamed]:
        """What became of a definition of that bare name, which once stood in `path`."""
        for item in self.definitions:
            if item.old.rpartition(".")[2] == name and path in (None, item.old_path):
                yield item

    def joined(self, earlier: "History") -> "History":
        return History(
            tuple(dict.fromkeys((*self.definitions, *earlier.definitions))),
            tuple(dict.fromkeys((*self.parameters, *earlier.parameters))),
            tuple(dict.fromkeys((*self.modules, *earlier.modules))),
        )


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    definition: Definition
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.path, self.definition.qualified_name


def compare(before: Mapping[str, str], now: Mapping[str, str]) -> History:
    """What changed from one state of some Python files to another, each given as texts by path."""
    modules = tuple(_modules(before, now))
    was, known = _places(before), _places(now)
    moved = dict(modules)
    gone = [place for key, place in was.items() if (moved.get(key[0], key[0]), key[1]) not in known]
    back = {new: old for old, new in modules}
    came = [place for key, place in known.items() if (back.get(key[0], key[0]), key[1]) not in was]
    parameters = tuple(_parameters(was, known, moved))
    return History(tuple(_definitions(gone[:MOST_COMPARED], came[:MOST_COMPARED])), parameters, modules)


def _places(texts: Mapping[str, str]) -> dict[tuple[str, str], _Place]:
    found: dict[tuple[str, str], _Place] = {}
    for path, text in texts.items():
        for definition in outline(parse(text)).definitions:
            place = _Place(path, definition, text[definition.start : definition.end])
            found.setdefault(place.key, place)
    return found


def _modules(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    gone = [path for path in before if path not in now]
    came = {path: now[path] for path in now if path not in before}
    for path in gone:
        likeness = {new: _likeness(before[path], text) for new, text in came.items()}
        best = max(likeness, key=lambda new: likeness[new], default=None)
        if best is not None and likeness[best] >= _ALIKE:
            del came[best]
            yield path, best


def _definitions(gone: Iterable[_Place], came: list[_Place]) -> Iterator[Renamed]:
    """Each pair once, the most alike first; a definition that is itself inside a renamed class is no rename."""
    pairs: list[tuple[float, _Place, _Place]] = []
    for old in gone:
        for new in came:
            if old.definition.kind is not new.definition.kind:
                continue
            same_name = old.definition.name == new.definition.name
            if old.path != new.path and not same_name and "." in new.definition.qualified_name:
                continue
            text = old.text.replace(old.definition.name, new.definition.name)
            alike = _likeness(text, new.text)
            if alike >= _ALIKE:
                pairs.append((alike + 0.5 * same_name + 0.2 * (old.path == new.path), old, new))
    taken: set[tuple[str, str, int]] = set()
    for _, old, new in sorted(pairs, key=lambda pair: -pair[0]):
        keys = {(*old.key, 0), (*new.key, 1)}
        if not taken & keys:
            taken |= keys
            names = old.definition.qualified_name, new.definition.qualified_name
            if old.path != new.path or old.definition.name != new.definition.name:
                yield Renamed(old.path, names[0], new.path, names[1], new.definition.kind)


def _parameters(
    was: Mapping[tuple[str, str], _Place], known: Mapping[tuple[str, str], _Place], moved: Mapping[str, str]
) -> Iterator[Parameters]:
    for (path, name), old in was.items():
        new = known.get((moved.get(path, path), name))
        if new is None:
            continue
        before = tuple(parameter.name for parameter in old.definition.parameters)
        now = tuple(parameter.name for parameter in new.definition.parameters)
        if before != now:
            yield Parameters(new.path, name, before, now)


def _likeness(left: str, right: str) -> float:
    left, right = left[:_COMPARED], right[:_COMPARED]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()
