"""The picture of a pair: how its weight comes about, step by step, as SVG without script, readable in print.

From the left: what is thought before anything is compared, then each comparison, up where it speaks for one thing and
down where it speaks against, and the total. Colours differ in lightness too, and every bar bears its number.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from headwater.engines.match.link.explain import Pair

WIDTH: Final = 960
_ROW: Final = 34
_TOP: Final = 84
_AXIS_LEFT: Final = 470
_AXIS_RIGHT: Final = 900
_PLAIN: Final = "#5b6770"
_FOR: Final = "#1d6f8b"
_AGAINST: Final = "#b4532a"
_TOTAL: Final = "#1b1f24"
_MOST_LETTERS: Final = 34
_STEP_BITS: Final = 10


def waterfall(pair: Pair) -> str:
    """Return the picture of a pair as one SVG document."""
    steps = [("before anything is compared", "", 0.0, pair.prior)]
    for bar in pair.bars:
        start = steps[-1][3]
        steps.append((bar.text, f"{_short(bar.left.value)} | {_short(bar.right.value)}", start, start + bar.bits))
    ends = [end for _, _, _, end in steps]
    scale = _Scale(min(0.0, *ends), max(0.0, *ends))
    height = _TOP + _ROW * (len(steps) + 1) + 46
    body = [*_head(pair), *scale.grid(height)]
    for at, (text, values, start, end) in enumerate(steps):
        body += _row(
            at, text, values, scale, start, end, colour=_PLAIN if at == 0 else _FOR if end >= start else _AGAINST
        )
    odds = f"log2 of the odds {pair.weight:+.1f}, probability {pair.probability:.4f}"
    body += _row(len(steps), "total", odds, scale, 0.0, pair.weight, colour=_TOTAL)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(_title(pair))}" font-family="sans-serif" font-size="12">'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>{"".join(body)}</svg>\n'
    )


def _title(pair: Pair) -> str:
    return f"Why {pair.left.name} and {pair.right.name} weigh {pair.weight:+.1f} bits"


def _head(pair: Pair) -> Sequence[str]:
    names = f"{_short(pair.left.label, 48)}   |   {_short(pair.right.label, 48)}"
    return (
        f'<text x="20" y="28" font-size="16" font-weight="bold" fill="{_TOTAL}">{escape(_title(pair))}</text>',
        f'<text x="20" y="50" fill="{_PLAIN}">{escape(names)}</text>',
    )


class _Scale:
    """Where a weight stands on the picture."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = low - 2.0, high + 2.0

    def at(self, bits: float) -> float:
        """Return the place of a weight, in pixels from the left."""
        share = (bits - self._low) / (self._high - self._low)
        return round(_AXIS_LEFT + share * (_AXIS_RIGHT - _AXIS_LEFT), 1)

    def grid(self, height: int) -> list[str]:
        """Return a line for each ten bits, with its number; that of nought is stronger."""
        lines: list[str] = []
        first = int(self._low // _STEP_BITS) * _STEP_BITS
        for bits in range(first, int(self._high) + 1, _STEP_BITS):
            if bits < self._low:
                continue
            x, colour = self.at(bits), "#8a949c" if bits == 0 else "#dfe3e6"
            lines.append(f'<line x1="{x}" y1="{_TOP - 12}" x2="{x}" y2="{height - 40}" stroke="{colour}"/>')
            lines.append(f'<text x="{x}" y="{height - 24}" text-anchor="middle" fill="{_PLAIN}">{_signed(bits)}</text>')
        lines.append(
            f'<text x="{_AXIS_RIGHT}" y="{height - 6}" text-anchor="end" fill="{_PLAIN}">bits: each doubles the odds</text>'
        )
        return lines


def _row(at: int, text: str, values: str, scale: _Scale, start: float, end: float, *, colour: str) -> list[str]:
    y = _TOP + at * _ROW
    left, right = sorted((scale.at(start), scale.at(end)))
    outside = right + 4 if right + 50 < WIDTH else left - 4
    anchor = "start" if outside > right else "end"
    return [
        f'<text x="20" y="{y + 10}" fill="{_TOTAL}">{escape(_short(text, 68))}</text>',
        f'<text x="20" y="{y + 24}" fill="{_PLAIN}" font-size="11">{escape(values)}</text>',
        f'<rect x="{left}" y="{y + 2}" width="{max(1.0, round(right - left, 1))}" height="16" fill="{colour}"/>',
        f'<text x="{outside}" y="{y + 15}" text-anchor="{anchor}" fill="{_TOTAL}">{end - start:+.1f}</text>',
    ]


def _short(text: str, most: int = _MOST_LETTERS) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _signed(bits: int) -> str:
    return f"{bits:+d}" if bits else "0"
