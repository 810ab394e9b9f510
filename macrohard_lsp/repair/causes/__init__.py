"""Errors that name their cause: from the words of an exception and the workspace's index to a few edits, aimed.

Nothing is run here. What comes out are ChangeSets, of several files where a name was left behind in several, in order
of likelihood; each still has to be proven.
"""

from collections.abc import Callable, Iterator, Mapping

from macrohard_lsp.repair.causes import attributes, calls, expected_calls, fixtures, modules, names, syntax
from macrohard_lsp.repair.causes.reading import Cause, CauseKind, read_cause
from macrohard_lsp.repair.causes.sources import Aimed, Sources

Proposer = Callable[[Cause, Sources], Iterator[Aimed]]

_PROPOSERS: Mapping[CauseKind, Proposer] = {
    CauseKind.NAME: names.undefined_name,
    CauseKind.LOCAL: names.unbound_local,
    CauseKind.IMPORTED_NAME: modules.missing_name,
    CauseKind.MODULE: modules.missing_module,
    CauseKind.MODULE_ATTRIBUTE: modules.missing_name,
    CauseKind.ATTRIBUTE: attributes.missing_attribute,
    CauseKind.KEYWORD: calls.unexpected_keyword,
    CauseKind.MISSING_ARGUMENTS: calls.missing_arguments,
    CauseKind.TOO_MANY_ARGUMENTS: calls.too_many_arguments,
    CauseKind.EXPECTED_CALL: expected_calls.expected_call,
    CauseKind.NOT_AWAITED: calls.not_awaited,
    CauseKind.NOT_AWAITABLE: calls.not_awaitable,
    CauseKind.KEY: attributes.missing_key,
    CauseKind.SYNTAX: syntax.not_python,
    CauseKind.FIXTURE: fixtures.missing_fixture,
}


def aimed_edits(cause: Cause, sources: Sources) -> Iterator[Aimed]:
    """The edits that a cause suggests, the likeliest first, each once."""
    seen: set[object] = set()
    for aimed in _PROPOSERS[cause.kind](cause, sources):
        if aimed.change_set.changes and aimed.change_set not in seen:
            seen.add(aimed.change_set)
            yield aimed


__all__ = ["Aimed", "Cause", "CauseKind", "Sources", "aimed_edits", "read_cause"]
