"""Events on one axis of time as SVG: a lane for each kind, gaps hatched, what cannot have happened so marked with a word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

WIDTH: Final = 960
LEFT: Final = 130
LANE: Final = 46
INK: Final = "#14212b"
_STEPS: Final = (1, 2, 7, 14, 30, 91, 182, 365, 730, 1825, 3650)
"""Days between two marks of the axis."""
MOST_TICKS: Final = 9


@dataclass(frozen=True, slots=True)
class DrawnMoment:
    """One event: its lane, from when to when, what to read, whether it conflicts with others."""

    lane: str
    start: datetime
    end: datetime
    text: str
    conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """What is drawn.

    Attributes:
        lanes: key and word of each, from top to bottom.
        gaps: stretches without events.
        zone: the zone in which days begin.
    """

    title: str
    lanes: Sequence[tuple[str, str]]
    moments: Sequence[DrawnMoment]
    gaps: Sequence[tuple[datetime, datetime]]
    zone: str
    conflict: str
    banner: str = ""

    def svg(self) -> str:
        """Return the axis as one SVG element."""
        first = min((one.start for one in self.moments), default=datetime.fromisoformat("2000-01-01T00:00:00+00:00"))
        last = max((one.end for one in self.moments), default=first)
        room = max((last - first) * 0.03, timedelta(hours=1))
        first, last = first - room, last + room
        height = 40 + LANE * len(self.lanes)
        whole = height + 34 + (24 if self.banner else 0)

        def x(at: datetime) -> float:
            return LEFT + (WIDTH - LEFT - 20) * ((at - first) / (last - first))

        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" role="img" '
                f'aria-label={quoteattr(self.title)} font-family="Noto Sans Headwater, Noto Sans, sans-serif" font-size="12">'
            ),
            f'<title>{escape(self.title)}</title><rect width="{WIDTH}" height="{whole}" fill="#fff"/>',
        ]
        for since, until in self.gaps:
            parts.append(
                f'<rect x="{x(since):.1f}" y="20" width="{x(until) - x(since):.1f}" height="{height - 20}" fill="#fff4da" '
                f'stroke="#7a4b00" stroke-dasharray="3 3"/>'
            )
        parts += [
            f'<line x1="{x(at):.1f}" y1="20" x2="{x(at):.1f}" y2="{height}" stroke="#d5dde2"/>'
            f'<text x="{x(at):.1f}" y="{height + 18}" text-anchor="middle" fill="{INK}">'
            f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m-%d}</text>"
            for at in self._ticks(first, last)
        ]
        for number, (key, word) in enumerate(self.lanes):
            y = 20 + LANE * number + LANE / 2
            parts.append(
                f'<text x="8" y="{y + 4:.0f}" fill="{INK}" font-weight="600">{escape(word)}</text>'
                f'<line x1="{LEFT}" y1="{y:.0f}" x2="{WIDTH - 20}" y2="{y:.0f}" stroke="#b9c4cc"/>'
            )
            parts += [self._drawn(one, x(one.start), x(one.end), y) for one in self.moments if one.lane == key]
        if self.banner:
            parts.append(f'<text x="8" y="{whole - 8}" font-weight="700" fill="{INK}">{escape(self.banner)}</text>')
        return "".join((*parts, "</svg>"))

    def _drawn(self, one: DrawnMoment, start: float, end: float, y: float) -> str:
        colour = "#a3201d" if one.conflict else "#0b4f8a"
        title = f"<title>{escape(one.text)}</title>"
        if end - start > 2:  # noqa: PLR2004 - pixels
            shape = f'<rect x="{start:.1f}" y="{y - 7:.0f}" width="{end - start:.1f}" height="14" rx="4" fill="{colour}" fill-opacity="0.5" stroke="{colour}"/>'
        elif one.conflict:
            shape = f'<path d="M{start:.1f} {y - 9:.0f}l9 16h-18z" fill="{colour}" stroke="#fff"/>'
        else:
            shape = f'<circle cx="{start:.1f}" cy="{y:.0f}" r="6" fill="{colour}" stroke="#fff" stroke-width="1.5"/>'
        word = f'<text x="{start:.1f}" y="{y - 11:.0f}" text-anchor="middle" font-size="10" fill="{colour}">{escape(self.conflict)}</text>'
        return f"<g>{title}{shape}{word if one.conflict else ''}</g>"

    def _ticks(self, first: datetime, last: datetime) -> list[datetime]:
        """Return beginnings of days in the zone, at most so many that their dates do not meet."""
        days = (last - first).days + 1
        step = next((one for one in _STEPS if days / one <= MOST_TICKS), days // MOST_TICKS + 1)
        zone = ZoneInfo(self.zone)
        day = first.astimezone(zone).date() + timedelta(days=1)
        found = []
        while (at := datetime(day.year, day.month, day.day, tzinfo=zone)) < last:
            found.append(at)
            day += timedelta(days=step)
        return found
