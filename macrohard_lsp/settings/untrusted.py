"""What a folder's own settings may say before the folder is trusted.

Not honoured then: what names a program, leads outside the folder, or weakens the isolation. pytest's
arguments can do the first two in too many ways to list, so that the harmless ones are listed instead, and one
that is not among them puts all of them aside: half of a command line would be another command.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, cast

from macrohard_lsp.core.tier import Tier

_FLAGS = frozenset(
    {
        *("-x", "--exitfirst", "-q", "-qq", "--quiet", "-v", "-vv", "--verbose", "-l", "--showlocals", "-s"),
        *("--strict-markers", "--strict-config", "--strict", "--runxfail", "--no-header", "--no-summary"),
    }
)
_WITH_VALUE = frozenset({"-k", "-m", "--tb", "--maxfail", "--durations", "--color"})
_WITH_PATH = frozenset({"--ignore", "--deselect"})


def allowed_before_trust(tables: Mapping[str, Any], source: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The settings that are honoured, and a sentence for each that is not. `source` names the file."""
    kept = dict(tables)
    notes: list[str] = []

    def put_aside(field: str, why: str) -> None:
        notes.append(
            f"`{field}` in {source} is not honoured: it {why}, and the folder is not trusted. "
            "`macrohard-lsp trust PATH` trusts it."
        )

    if kept.pop("interpreter", None) is not None:
        put_aside("interpreter", "names a program")
    if kept.get("tier") == Tier.PROCESS:
        del kept["tier"]
        put_aside("tier", "asks for the weakest isolation")
    test = kept.get("test")
    if isinstance(test, Mapping):
        kept["test"] = fields = dict(cast(Mapping[str, Any], test))
        refused = _first_refused(fields.get("arguments", ()))
        if refused is not None:
            del fields["arguments"]
            put_aside("test.arguments", f"holds `{refused}`, which can name a program or a path outside")
        if fields.pop("commands", None):
            put_aside("test.commands", "names programs")
    opened = kept.pop("sandbox", None)
    if isinstance(opened, Mapping):
        for field, value in cast(Mapping[str, Any], opened).items():
            if value:
                put_aside(f"sandbox.{field}", "opens the sandbox")
    return kept, tuple(notes)


def _first_refused(arguments: Sequence[str]) -> str | None:
    rest = iter(arguments)
    for argument in rest:
        name, joined, value = argument.partition("=")
        if argument in _FLAGS:
            continue
        if name in _WITH_VALUE | _WITH_PATH:
            text = value if joined else next(rest, "")
            if name in _WITH_VALUE or _stays_inside(text):
                continue
        elif not argument.startswith(("-", "@")) and _stays_inside(argument):
            continue
        return argument
    return None


def _stays_inside(path: str) -> bool:
    parts = PurePosixPath(path.partition("::")[0]).parts
    return bool(parts) and not path.startswith(("/", "~")) and ".." not in parts
