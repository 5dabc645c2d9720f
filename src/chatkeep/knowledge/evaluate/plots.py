"""Plots as inline SVG. Pure. Colours and fonts come from the page's style sheet and follow light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from markupsafe import Markup

_WIDTH, _HEIGHT = 520, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 14, 16, 40
_ROW = 30
_NAMES = 150  # pixels left of the intervals, for their names
_FIGURES = 70  # and right of them
_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Line:
    """One curve. `style` is a class of the style sheet; `points` are (x, y), y from 0 to 1."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Interval:
    """A difference and the interval it lies in."""

    name: str
    low: float
    middle: float
    high: float
    significant: bool


def histogram(title: str, bars: Sequence[tuple[str, int]], unit: str) -> Markup:
    """Bars with their names below and their counts above; the last one stands apart, as what is missing."""
    most = max((count for _, count in bars), default=0) or 1
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(bars))
    inner = _HEIGHT - _TOP - _BOTTOM - 12
    parts = [_axis()]
    for place, (name, count) in enumerate(bars):
        height = inner * count / most
        x, y = _LEFT + step * place + step * 0.14, _HEIGHT - _BOTTOM - height
        style = "bar missing" if place == len(bars) - 1 else "bar"
        middle = x + step * 0.36
        parts += [
            Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="3"/>').format(
                style, x, y, step * 0.72, max(height, 1)
            ),
            _text(middle, y - 5, str(count), "value"),
            _text(middle, _HEIGHT - _BOTTOM + 16, name, "tick"),
        ]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 5, unit, "tick"))
    return _svg(title, parts, _HEIGHT)


def curves(title: str, lines: Sequence[Line], unit: str) -> Markup:
    """Lines over the same x, which is spaced by its logarithm; y from 0 to 1."""
    marks = [x for x, _ in lines[0].points]
    span = _WIDTH - _LEFT - _RIGHT
    inner = _HEIGHT - _TOP - _BOTTOM
    places = {x: _LEFT + span * _share_of_log(x, marks) for x in marks}

    def at(x: float, y: float) -> str:
        return f"{places[x]:.1f},{_TOP + inner * (1 - y):.1f}"

    parts = []
    for level in _GRID:
        y = _TOP + inner * (1 - level)
        parts += [
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                _LEFT, _WIDTH - _RIGHT, y, y
            ),
            _text(_LEFT - 6, y + 4, f"{level:.0%}", "tick end"),
        ]
    for x in (1, 2, 3, 5, 10, 20, 50, 100):
        if x in places:
            parts.append(_text(places[x], _HEIGHT - _BOTTOM + 16, f"{x:g}", "tick"))
    for line in lines:
        points = " ".join(at(x, y) for x, y in line.points)
        parts.append(Markup('<polyline class="line {}" points="{}"/>').format(line.style, points))
    for row, line in enumerate(lines if len(lines) > 1 else ()):
        y = _HEIGHT - _BOTTOM - 14 - 18 * row
        parts += [
            Markup('<line class="line {}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                line.style, _WIDTH - 150, _WIDTH - 126, y, y
            ),
            _text(_WIDTH - 120, y + 4, line.name, "tick start"),
        ]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 5, unit, "tick"))
    return _svg(title, parts, _HEIGHT)


def intervals(title: str, rows: Sequence[Interval]) -> Markup:
    """Differences around zero, one below the other."""
    widest = max([0.02, *(max(abs(row.low), abs(row.high)) for row in rows)])
    height = _ROW * len(rows) + 30
    zero = _NAMES + (_WIDTH - _NAMES - _FIGURES) / 2
    scale = (_WIDTH - _NAMES - _FIGURES) / 2 / widest * 0.94
    parts = [
        Markup('<line class="axis" x1="{:.1f}" x2="{:.1f}" y1="4" y2="{}"/>').format(zero, zero, height - 24),
        _text(zero, height - 8, "no change", "tick"),
    ]
    for place, row in enumerate(rows):
        y = _ROW * place + 18
        direction = "better" if row.middle > 0 else "worse"
        style = direction if row.significant else "unsure"
        low, middle, high = (zero + scale * value for value in (row.low, row.middle, row.high))
        parts += [
            _text(_NAMES - 10, y + 4, row.name, "label end"),
            Markup('<line class="whisker {}" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(
                style, low, high, y, y
            ),
            Markup('<circle class="dot {}" cx="{:.1f}" cy="{}" r="5"/>').format(style, middle, y),
            _text(_WIDTH - _FIGURES + 8, y + 4, f"{row.middle:+.3f}", "value start"),
        ]
    return _svg(title, parts, height)


def _share_of_log(x: float, marks: Sequence[float]) -> float:
    first, last = log(marks[0]), log(marks[-1])
    return (log(x) - first) / (last - first) if last > first else 0.5


def _axis() -> Markup:
    y = _HEIGHT - _BOTTOM
    return Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(_LEFT, _WIDTH - _RIGHT, y, y)


def _text(x: float, y: float, text: str, style: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(style, x, y, text)


def _svg(title: str, parts: Sequence[Markup], height: int) -> Markup:
    return Markup('<svg role="img" viewBox="0 0 {} {}"><title>{}</title>{}</svg>').format(
        _WIDTH, height, title, Markup("").join(parts)
    )
