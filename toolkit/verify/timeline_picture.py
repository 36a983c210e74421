"""The picture of a boot: a row for each stage, as SVG, or as a page that holds the SVG and its numbers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Told apart by people who do not see colours alike: the palette of Okabe and Ito.
_COLOURS = {
    "off": "#999999",
    "network": "#56b4e9",
    "http": "#0072b2",
    "logon": "#e69f00",
    "setup": "#cc79a7",
    "ready": "#009e73",
}
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 960, 150, 90, 48, 28  # pixels
_LEAST_BAR = 2.0
_MOST_TICKS = 8
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # seconds between the marks on the axis


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage: when, in seconds from the start and by the clock, of which group, and what was seen."""

    label: str
    group: str
    summary: str
    start: float
    end: float
    clock: str

    @property
    def seconds(self) -> float:
        return self.end - self.start


def svg(title: str, bars: Sequence[Bar], note: str) -> str:
    """Draw the stages below one another. Each bar's tooltip is what was seen."""
    height = _TOP + _ROW * max(1, len(bars)) + 56
    length = max([bar.end for bar in bars], default=0.0) or 1.0
    scale = (_WIDTH - _LEFT - _RIGHT) / length
    body = (
        *_axis(length, scale, height),
        *(line for number, bar in enumerate(bars) for line in _row(number, bar, scale)),
    )
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13" role="img">'
    )
    lines = (
        opening,
        f"<title>{_text(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="16">{_text(title)}</text>',
        *body,
        f'<text x="12" y="{height - 12}">{_text(note)}</text>',
        "</svg>",
    )
    return "".join(f"{line}\n" for line in lines)


def html(title: str, bars: Sequence[Bar], note: str) -> str:
    """Write a page that needs nothing else: the picture, and a table of the same numbers."""
    rows = "\n".join(
        f"<tr><td>{_text(bar.clock)}</td><td>{bar.start:.1f}</td><td>{bar.seconds:.1f}</td>"
        f"<td>{_text(bar.label)}</td><td>{_text(bar.summary)}</td></tr>"
        for bar in bars
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>\n'
        "<style>body{font-family:sans-serif}svg{max-width:100%;height:auto}"
        "table{border-collapse:collapse}td,th{padding:.3em .8em;text-align:left}"
        "tr:nth-child(even){background:#f2f2f2}</style></head><body>\n"
        f"{svg(title, bars, note)}"
        "<table><tr><th>Clock</th><th>At (s)</th><th>For (s)</th><th>Stage</th><th>Seen</th></tr>\n"
        f"{rows}\n</table></body></html>\n"
    )


def _row(number: int, bar: Bar, scale: float) -> Iterator[str]:
    top = _TOP + number * _ROW
    x = _LEFT + bar.start * scale
    width = max(_LEAST_BAR, bar.seconds * scale)
    colour = _COLOURS.get(bar.group, _COLOURS["off"])
    yield f'<text x="12" y="{top + 18}">{_text(bar.label)}</text>'
    yield (
        f'<rect x="{x:.1f}" y="{top + 4}" width="{width:.1f}" height="{_ROW - 8}" fill="{colour}">'
        f"<title>{_text(f'{bar.clock} {bar.summary}')}</title></rect>"
    )
    yield f'<text x="{x + width + 6:.1f}" y="{top + 18}" fill="#555555">{_duration(bar.seconds)}</text>'


def _axis(length: float, scale: float, height: int) -> Iterator[str]:
    step = next((step for step in _STEPS if length / step <= _MOST_TICKS), _STEPS[-1])
    bottom = height - 48
    for number in range(int(length // step) + 1):
        x = _LEFT + number * step * scale
        yield f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" fill="#555555">{_duration(number * step)}</text>'


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def _text(text: str) -> str:
    """Escape for XML, which has no place for control characters at all."""
    return escape("".join(character if character.isprintable() else " " for character in text))
