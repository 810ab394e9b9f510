"""The registry of edit operators: every family, and the candidates they make of a file, cheapest first."""

import heapq
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from macrohard_lsp.repair.candidate import Candidate
from macrohard_lsp.repair.operators import (
    arguments,
    arithmetic,
    assignments,
    calls,
    charsets,
    classes,
    clauses,
    comparison,
    comprehensions,
    conditions,
    constants,
    conversions,
    copying,
    escapes,
    exceptions,
    expressions,
    fallbacks,
    filling,
    formats,
    guards,
    insertions,
    keys,
    keywords,
    loops,
    methods,
    names,
    nesting,
    offsets,
    order,
    parentheses,
    patterns,
    raising,
    reducing,
    returns,
    runs,
    sequences,
    shapes,
    splitting,
    statements,
    templates,
    texts,
    truth,
    unwrapping,
    updates,
    wording,
    wrapping,
)
from macrohard_lsp.repair.operators.family import Draft, Family
from macrohard_lsp.repair.operators.finishing import Finisher
from macrohard_lsp.repair.operators.fitted import FITTED
from macrohard_lsp.repair.scope import SourceContext
from macrohard_lsp.repair.tree import Node

HAND_SET: tuple[Family, ...] = (
    *arguments.FAMILIES,
    *arithmetic.FAMILIES,
    *assignments.FAMILIES,
    *calls.FAMILIES,
    *charsets.FAMILIES,
    *classes.FAMILIES,
    *clauses.FAMILIES,
    *comparison.FAMILIES,
    *comprehensions.FAMILIES,
    *conditions.FAMILIES,
    *constants.FAMILIES,
    *conversions.FAMILIES,
    *copying.FAMILIES,
    *escapes.FAMILIES,
    *exceptions.FAMILIES,
    *expressions.FAMILIES,
    *fallbacks.FAMILIES,
    *filling.FAMILIES,
    *formats.FAMILIES,
    *guards.FAMILIES,
    *insertions.FAMILIES,
    *keys.FAMILIES,
    *keywords.FAMILIES,
    *loops.FAMILIES,
    *methods.FAMILIES,
    *names.FAMILIES,
    *nesting.FAMILIES,
    *offsets.FAMILIES,
    *order.FAMILIES,
    *parentheses.FAMILIES,
    *patterns.FAMILIES,
    *raising.FAMILIES,
    *reducing.FAMILIES,
    *returns.FAMILIES,
    *runs.FAMILIES,
    *sequences.FAMILIES,
    *shapes.FAMILIES,
    *splitting.FAMILIES,
    *statements.FAMILIES,
    *templates.FAMILIES,
    *texts.FAMILIES,
    *truth.FAMILIES,
    *unwrapping.FAMILIES,
    *updates.FAMILIES,
    *wording.FAMILIES,
    *wrapping.FAMILIES,
)
FAMILIES: tuple[Family, ...] = tuple(
    sorted(
        (replace(family, prior=FITTED.get(family.name, family.prior)) for family in HAND_SET),
        key=lambda family: family.prior,
    )
)


def candidates_for(
    source: SourceContext, lines: Collection[int] | None, families: Sequence[Family] = FAMILIES
) -> Iterator[Candidate]:
    """Every edit of every family on these lines (counted from 1; None for all), cheapest first.

    `families` are sorted by prior. Lazy: a family is asked only when everything cheaper was taken. Each
    resulting text comes once. Two calls give the same candidates in the same order.
    """
    sites = _sites(source, lines)
    finisher = Finisher(source)
    waiting: list[tuple[float, int, Family, Node, int, Draft]] = []
    count = 0
    for place, family in enumerate(families):
        for node, line in (site for kind in sorted(family.kinds) for site in sites.get(kind, ())):
            for draft in family.drafts(node, source):
                count += 1
                heapq.heappush(waiting, (family.prior + draft.cost, count, family, node, line, draft))
        following = families[place + 1].prior if place + 1 < len(families) else float("inf")
        while waiting and waiting[0][0] <= following:
            cost, _, family_of, node, line, draft = heapq.heappop(waiting)
            edits = finisher.edits(node, draft)
            if edits:
                function = source.qualified_name(node)
                yield Candidate(source.path, edits, family_of.name, cost, line, function, draft.summary)


def _sites(source: SourceContext, lines: Collection[int] | None) -> dict[str, list[tuple[Node, int]]]:
    """The nodes on `lines` by kind, each with the line its candidates belong to.

    A node on a later line of a statement that starts on one of `lines` is a site too: which line of a
    statement is known to have run depends on the interpreter.
    """
    sites: dict[str, list[tuple[Node, int]]] = {}
    if lines is None:
        for node in source.nodes:
            if source.is_site(node):
                sites.setdefault(node.kind, []).append((node, node.line))
        return sites
    wanted = frozenset(lines)
    found = {node.order: node for line in wanted for node in source.sites_of_line(line)}
    for _, node in sorted(found.items()):
        line = node.line if node.line in wanted else source.statement_of(node).line
        sites.setdefault(node.kind, []).append((node, line))
    return sites
