"""Solved bugs over seconds as an SVG of a few lines, drawn without any library."""

import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 640, 320, 48, 40, 16, 16
DECADES = (0.01, 0.1, 1.0, 10.0, 100.0)
COLOURS = ("#1f6feb", "#2da44e")


def svg(series: Mapping[str, Sequence[float]], total: int, axis: str) -> str:
    """Steps: how many of `total` were solved by each time. Times are in seconds, on a logarithmic axis."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    parts += [_mark(value) for value in DECADES]
    parts += [_level(round(total * part / 4), total) for part in range(5)]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.0f}" y="{HEIGHT - 8}" text-anchor="middle">{axis}</text>')
    for number, (name, times) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(
            f'<path d="{_steps(sorted(times), total)}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        y = TOP + 14 + 16 * number
        parts.append(f'<text x="{LEFT + 12}" y="{y}" fill="{colour}">{name}: {len(times)} of {total}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _steps(times: Sequence[float], total: int) -> str:
    path = [f"M{LEFT},{_y(0, total):.1f}"]
    for number, time in enumerate(times, 1):
        path.append(f"H{_x(time):.1f}V{_y(number, total):.1f}")
    return "".join([*path, f"H{WIDTH - RIGHT}"])


def _x(seconds: float) -> float:
    first, last = math.log10(DECADES[0]), math.log10(DECADES[-1])
    share = (math.log10(min(max(seconds, DECADES[0]), DECADES[-1])) - first) / (last - first)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(solved: int, total: int) -> float:
    return HEIGHT - BOTTOM - solved / max(total, 1) * (HEIGHT - BOTTOM - TOP)


def _mark(seconds: float) -> str:
    x = _x(seconds)
    line = f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>'
    return f'{line}<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{seconds:g}</text>'


def _level(solved: int, total: int) -> str:
    y = _y(solved, total)
    line = f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#ddd"/>'
    return f'{line}<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{solved}</text>'
