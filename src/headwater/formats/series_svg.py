"""A series as SVG: a line for each vintage, the newest in front, and the intervals of a forecast as bands; told in words too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from xml.sax.saxutils import escape, quoteattr

WIDTH: Final = 960
HEIGHT: Final = 380
LEFT: Final = 76
BOTTOM: Final = 44
TOP: Final = 36
INK: Final = "#14212b"
INKS: Final = ("#0b4f8a", "#a3201d", "#1d6b3c", "#7a4b00", "#7a3e9d", "#5d6b75")
DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "1 4", "12 4")
SHADES: Final = (0.26, 0.14, 0.08)


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """One line: its name, and day and value of each point."""

    name: str
    points: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class SeriesBand:
    """One interval: its name, and day, lower and upper end of each point."""

    name: str
    points: tuple[tuple[date, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPicture:
    """What is drawn; lines the newest first, bands the narrowest first."""

    title: str
    unit: str
    lines: Sequence[SeriesLine]
    bands: Sequence[SeriesBand] = ()
    notes: Sequence[str] = ()
    banner: str = ""

    def svg(self) -> str:
        """Return the picture as one SVG element."""
        foot = [*([self.banner] if self.banner else []), *self.notes]
        names = [line.name for line in self.lines] + [band.name for band in self.bands]
        whole = HEIGHT + 20 * ((len(names) + 2) // 3) + 18 * len(foot) + 12
        first, last, top = self._frame()

        def at(day: date, value: float) -> str:
            x = LEFT + (WIDTH - LEFT - 20) * ((day - first).days / max(1, (last - first).days))
            return f"{x:.1f},{TOP + (HEIGHT - BOTTOM - TOP) * (1 - value / top):.1f}"

        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" role="img" aria-label={quoteattr(self.title)} '
                f'font-family="Noto Sans Headwater, Noto Sans, sans-serif" font-size="12"><title>{escape(self.title)}</title>'
                f'<rect width="{WIDTH}" height="{whole}" fill="#fff"/><text x="8" y="14" fill="{INK}">{escape(self.unit)}</text>'
            )
        ]
        for tick in ticks(top):
            x, y = at(first, tick).split(",")
            parts.append(
                f'<line x1="{x}" y1="{y}" x2="{WIDTH - 20}" y2="{y}" stroke="#d5dde2"/>'
                f'<text x="{LEFT - 8}" y="{float(y) + 4:.1f}" text-anchor="end" fill="{INK}">{tick:,.0f}</text>'
            )
        for day in _days(first, last):
            x, anchor = at(day, 0).split(",")[0], "end" if day == last else "middle"
            parts.append(
                f'<text x="{x}" y="{HEIGHT - BOTTOM + 20}" text-anchor="{anchor}" fill="{INK}">{day:%Y-%m}</text>'
                f'<line x1="{x}" y1="{HEIGHT - BOTTOM}" x2="{x}" y2="{HEIGHT - BOTTOM + 5}" stroke="#5d6b75"/>'
            )
        for band, shade in zip(reversed(self.bands), SHADES[: len(self.bands)][::-1], strict=False):
            edge = [at(day, high) for day, _, high in band.points] + [
                at(day, low) for day, low, _ in reversed(band.points)
            ]
            parts.append(
                f'<polygon points="{" ".join(edge)}" fill="{INKS[0]}" fill-opacity="{shade}"><title>{escape(band.name)}</title></polygon>'
            )
        for number, line in reversed(list(enumerate(self.lines))):
            look = f'stroke="{INKS[number % len(INKS)]}" stroke-dasharray="{DASHES[number % len(DASHES)]}"'
            points = " ".join(at(day, value) for day, value in line.points)
            wide = 2.4 if number == 0 else 1.6
            parts.append(
                f'<polyline points="{points}" fill="none" stroke-width="{wide}" {look}><title>{escape(line.name)}</title></polyline>'
            )
        parts += self._legend(names)
        below = HEIGHT + 20 * ((len(names) + 2) // 3) + 8
        for number, text in enumerate(foot):
            bold = ' font-weight="700"' if self.banner and number == 0 else ""
            parts.append(
                f'<text x="8" y="{below + 18 * number}" font-size="11"{bold} fill="{INK}">{escape(text)}</text>'
            )
        return "".join((*parts, "</svg>"))

    def _legend(self, names: Sequence[str]) -> list[str]:
        parts = []
        for number, name in enumerate(names):
            x, y = 8 + 316 * (number % 3), HEIGHT + 20 * (number // 3)
            if number < len(self.lines):
                look = f'stroke="{INKS[number % len(INKS)]}" stroke-dasharray="{DASHES[number % len(DASHES)]}" stroke-width="2.4"'
                parts.append(f'<line x1="{x}" y1="{y - 4}" x2="{x + 34}" y2="{y - 4}" {look}/>')
            else:
                shade = SHADES[min(number - len(self.lines), len(SHADES) - 1)]
                parts.append(
                    f'<rect x="{x}" y="{y - 10}" width="34" height="11" fill="{INKS[0]}" fill-opacity="{shade}"/>'
                )
            parts.append(f'<text x="{x + 42}" y="{y}" fill="{INK}">{escape(name)}</text>')
        return parts

    def _frame(self) -> tuple[date, date, float]:
        days = [day for line in self.lines for day, _ in line.points] + [
            day for band in self.bands for day, *_ in band.points
        ]
        values = [value for line in self.lines for _, value in line.points]
        values += [high for band in self.bands for *_, high in band.points]
        return (
            min(days, default=date(2000, 1, 1)),
            max(days, default=date(2000, 1, 2)),
            nice_top(max(values, default=1.0)),
        )


def nice_top(value: float) -> float:
    """Return a round number not below a value, at which an axis ends."""
    value = max(value, 1.0)
    power = 1.0
    while power * 10 <= value:
        power *= 10
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def ticks(top: float) -> list[float]:
    """Return the numbers that an axis bears, from zero to its end; counts are whole."""
    parts = 5 if top >= 5 else int(top)  # noqa: PLR2004 - fifths
    return [top * part / parts for part in range(parts + 1)]


def _days(first: date, last: date) -> list[date]:
    """Return the days that the axis of time bears: seven at most, evenly."""
    spanned = (last - first).days
    return [first + timedelta(days=spanned * part // 6) for part in range(7)] if spanned >= 60 else [first, last]  # noqa: PLR2004
