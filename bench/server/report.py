"""The section of RESULTS.md."""

from collections.abc import Sequence

from bench.results import measured_on
from bench.server.figures import ratio
from bench.server.peers import NAMES, OURS
from bench.server.project import SLOW_TESTS
from bench.server.waiting import PACE_SECONDS, PHASES, Waits
from bench.server.weight import SETTLE_SECONDS, Held, Start

_PHASES = {
    "idle": "idle",
    "suite": f"while a suite of {SLOW_TESTS} one-second tests runs",
    "search": "while a repair is searched for",
}


def section(
    starts: Sequence[Start], held: Sequence[Held], waits: Sequence[Waits], load: Sequence[float]
) -> str:
    """`load`: the machine's load averages before and after, the measured work included in the latter."""
    loads = ", ".join(f"{value:.1f}" for value in load)
    return "\n\n".join(
        [
            "## The server beside others (`make bench-server`)",
            f"Measured {measured_on()}; load average before and after {loads}; what it is before comes from "
            "other work on the same machine. [README.md](server/README.md) says how.",
            "### The editor never waits\n\n"
            f"Answers on a cached document, one request each {PACE_SECONDS * 1000:.0f} ms. The tests compute all "
            "the time. Aim: p99 at most twice that of idle.",
            _waits(waits),
            "### Start, to the answer of `initialize`\n\nAim: no slower than a server on the same foundation (pygls).",
            _starts(starts),
            "### Memory\n\n"
            f"PSS of the server and all its processes, {SETTLE_SECONDS:.0f} s after a document was opened, its "
            "symbols were asked for, and our server had run the tests and found a repair. Aim: no more than the "
            "larger of the others.",
            _held(held),
        ]
    )


def _waits(waits: Sequence[Waits]) -> str:
    idle = {each.method: each for each in waits if each.phase == "idle"}
    rows = ["| request | | n | p50 ms | p99 ms | p50 | p99 |", "|---|---|--:|--:|--:|--:|--:|"]
    for each in sorted(waits, key=lambda each: (each.method, PHASES.index(each.phase))):
        base = idle[each.method]
        figures = [f"{each.at(share) * 1000:.1f}" for share in (0.5, 0.99)]
        ratios = [ratio(each.at(share), base.at(share)) for share in (0.5, 0.99)]
        words = [f"`{each.method}`", _PHASES[each.phase], str(len(each.seconds)), *figures, *ratios]
        rows.append(f"| {' | '.join(words)} |")
    return "\n".join(rows)


def _starts(starts: Sequence[Start]) -> str:
    ours = next(each for each in starts if each.server == OURS)
    rows = [
        "| server | rounds | s | CPU s | ours to it, s | ours to it, CPU s |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    rows += [
        f"| {_name(each.server)} | {len(each.seconds)} | {each.median:.2f} | {each.median_processor:.2f} | "
        f"{ratio(ours.median, each.median)} | {ratio(ours.median_processor, each.median_processor)} |"
        for each in starts
    ]
    return "\n".join(rows)


def _held(held: Sequence[Held]) -> str:
    ours = next(each for each in held if each.server == OURS)
    rows = ["| server | processes | PSS MiB | private MiB | ours to it, PSS |", "|---|--:|--:|--:|--:|"]
    rows += [
        f"| {_name(each.server)} | {each.processes} | {each.pss / 1024:.0f} | {each.own / 1024:.0f} | "
        f"{ratio(ours.pss, each.pss)} |"
        for each in held
    ]
    return "\n".join(rows)


def _name(server: str) -> str:
    pinned = NAMES.get(server)
    return server if pinned is None else f"{server} {pinned.partition('==')[2]}"
