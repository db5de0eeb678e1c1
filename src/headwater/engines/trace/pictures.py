"""Pictures as SVG: the Sankey of a trail, a hub with its corridors, the timeline of a case. No script, fit for print.

Everything that is drawn is also told in a ``title`` and in words beside it, so that neither colour nor sight is needed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from textwrap import wrap
from typing import Final

from headwater.engines.trace.trail import Trail
from headwater.engines.trace.wording import counted
from headwater.model.money import money_text

WIDTH: Final = 1000
MOST_NODES: Final = 24
"""Accounts that one column shows; the rest are drawn as one, so that the picture stays readable."""
MOST_LISTED: Final = 60
"""Moments of a timeline that are told in words; more would be no picture."""
MOST_WORDS: Final = 140
"""Letters of a line of words, as many as fit."""
MOST_LINES: Final = 4
ROOM: Final = 420
"""Height of the money that is followed."""
LABEL: Final = 32
"""Height of the two lines beside an account, so that none lies upon another."""
STEP: Final = 175
"""Least room from one column to the next, so that a name ends before the next account stands; a long trail is a wide picture."""
END: Final = 240
"""Room beside the last column, for its names."""
_TOP: Final = 70.0
_BAR: Final = 8
_INK: Final = "#0b0c0c"
_FLOW: Final = "#1d70b8"
_MARKS: Final = {
    "payment": "#1d70b8",
    "shipment": "#594d00",
    "hire": "#4c2c92",
    "corridor": "#b58840",
    "crossing": "#d4351c",
    "scan": "#00703c",
}
_HEAD: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
    'aria-labelledby="t" font-family="Arial, sans-serif" font-size="12"><title id="t">{title}</title>'
    '<rect width="100%" height="100%" fill="#ffffff"/>'
)

OTHERS: Final = "others"
Places = dict[tuple[int, str], tuple[float, float, float]]
"""Left edge, upper edge and height of each account, by column and name."""
Link = tuple[int, str, str]
"""A hop, who paid and who was paid."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing of a timeline: when, what kind, in words."""

    time_us: int
    kind: str
    text: str


def sankey(trail: Trail) -> str:
    """Return a trail as a Sankey picture: a column for each hop, bands as wide as what of each payment is followed.

    Accounts of a column stand in the order of those that paid them, and bands leave and come in the order of their other
    ends, so that none crosses another without need.
    """
    columns, links = _columns(trail)
    total = max(1, trail.hops[0].part)
    step = max(STEP, (WIDTH - 20 - END) / max(1, len(columns) - 1))
    place = _places(columns, links, step, ROOM / total)
    lowest = max(y + max(tall + 10, LABEL) for _, y, tall in place.values())
    width, height = round(20 + step * (len(columns) - 1) + END), int(lowest) + 40
    title = f"Where {money_text(total, trail.unit)} of payment {trail.payment} went, rule {trail.rule}"
    parts = [_head(height, title, width), *_bands(place, links, ROOM / total, trail.unit)]
    for (number, name), (x, y, tall) in place.items():
        words = money_text(columns[number][name], trail.unit)
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{_BAR}" height="{tall:.1f}" fill="{_INK}">'
            f"<title>{escape(name)}: {words}</title></rect>{_label(x + 12, y + 11, _short(name), 12)}"
            f"{_label(x + 12, y + 25, words, 11)}"
        )
    rest = sum(one.part for one in trail.rests)
    told = counted(f"{money_text(rest, trail.unit)} rests at {len({one.account for one in trail.rests})} accounts; ")
    told += (
        f"{money_text(trail.beyond, trail.unit)} went further than was followed. The rule is a convention, not a fact."
    )
    parts.append(f'<text x="20" y="{height - 16}" fill="{_INK}">{escape(told)}</text></svg>')
    return "".join(parts)


def _places(columns: Sequence[Mapping[str, int]], links: Mapping[Link, int], step: float, scale: float) -> Places:
    """Return where each account stands: left edge, upper edge, height."""
    place: Places = {}
    payers: dict[tuple[int, str], list[tuple[str, int]]] = {}
    for (hop, payer, payee), part in links.items():
        payers.setdefault((hop, payee), []).append((payer, part))
    for number, column in enumerate(columns):
        drawn = {}
        for name in column:
            paid = [(place[number - 1, payer], part) for payer, part in payers.get((number, name), ())]
            drawn[name] = sum((y + tall / 2) * part for (_, y, tall), part in paid) / max(1, sum(p for _, p in paid))
        y = _TOP
        for name in sorted(column, key=lambda one: (one == OTHERS, drawn[one], -column[one], one)):
            tall = max(2.0, column[name] * scale)
            place[number, name] = (20 + number * step, y, tall)
            y += max(tall + 10, LABEL)
    return place


def _bands(place: Places, links: Mapping[Link, int], scale: float, unit: str) -> Iterable[str]:
    """Yield the bands, each beginning and ending in the order of its other end."""
    leaves, comes = {}, {}
    used: dict[tuple[str, int, str], float] = {}
    for hop, payer, payee in sorted(links, key=lambda one: (one[0], place[one[0], one[2]][1])):
        at = used.get(("out", hop, payer), 0.0)
        leaves[hop, payer, payee] = place[hop - 1, payer][1] + at
        used["out", hop, payer] = at + links[hop, payer, payee] * scale
    for hop, payer, payee in sorted(links, key=lambda one: (one[0], place[one[0] - 1, one[1]][1])):
        at = used.get(("in", hop, payee), 0.0)
        comes[hop, payer, payee] = place[hop, payee][1] + at
        used["in", hop, payee] = at + links[hop, payer, payee] * scale
    for link, part in links.items():
        hop, payer, payee = link
        x1, x2 = place[hop - 1, payer][0] + _BAR, place[hop, payee][0]
        y1, y2, tall, half = leaves[link], comes[link], part * scale, (x1 + x2) / 2
        path = (
            f"M{x1:.1f},{y1:.1f} C{half:.1f},{y1:.1f} {half:.1f},{y2:.1f} {x2:.1f},{y2:.1f} "
            f"L{x2:.1f},{y2 + tall:.1f} C{half:.1f},{y2 + tall:.1f} {half:.1f},{y1 + tall:.1f} {x1:.1f},{y1 + tall:.1f} Z"
        )
        title = escape(f"{payer} to {payee}: {money_text(part, unit)}")
        yield (
            f'<path d="{path}" fill="{_FLOW}" fill-opacity="0.35" stroke="{_FLOW}" stroke-width="0.5">'
            f"<title>{title}</title></path>"
        )


def _label(x: float, y: float, words: str, size: int) -> str:
    """Words with a white rim, so that they can be read where a band lies below."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{_INK}" font-size="{size}" stroke="#ffffff" stroke-width="3" '
        f'stroke-linejoin="round" paint-order="stroke">{escape(words)}</text>'
    )


def _columns(trail: Trail) -> tuple[list[dict[str, int]], dict[Link, int]]:
    """Return what came to each account at each hop, and the bands between them; small accounts of a column are joined."""
    deepest = max(hop.hop for hop in trail.hops)
    columns: list[dict[str, int]] = [{} for _ in range(deepest + 1)]
    columns[0][trail.hops[0].sender] = trail.hops[0].part
    for hop in trail.hops:
        columns[hop.hop][hop.receiver] = columns[hop.hop].get(hop.receiver, 0) + hop.part
    shown = []
    for column in columns:
        ranked = sorted(column, key=lambda name: (-column[name], name))
        shown.append(set(ranked[:MOST_NODES]))
    links: dict[Link, int] = {}
    joined: list[dict[str, int]] = [{} for _ in columns]
    for number, column in enumerate(columns):
        for name, part in sorted(column.items(), key=lambda item: (-item[1], item[0])):
            kept = name if name in shown[number] else OTHERS
            joined[number][kept] = joined[number].get(kept, 0) + part
    for hop in trail.hops:
        payer = hop.sender if hop.sender in shown[hop.hop - 1] else OTHERS
        payee = hop.receiver if hop.receiver in shown[hop.hop] else OTHERS
        links[hop.hop, payer, payee] = links.get((hop.hop, payer, payee), 0) + hop.part
    return joined, links


def hub(name: str, corridors: Sequence[tuple[str, str, int, int]], unit: str) -> str:
    """Return a hub with its corridors.

    Args:
        name: the hub's account.
        corridors: country of the payers, country of the hub, number of payers, sum in minor units; payers are counted
            and never drawn one by one.
        unit: the currency.
    """
    ranked = sorted(corridors, key=lambda one: (-one[3], one[0]))[:MOST_NODES]
    height = 110 + 44 * len(ranked)
    middle = 70 + 22 * len(ranked)
    most = max((one[3] for one in ranked), default=1)
    parts = [_head(height, f"Corridors that meet at {name}")]
    for number, (origin, goal, payers, amount) in enumerate(ranked):
        y = 80 + 44 * number
        wide = 1 + 18 * amount / most
        words = counted(f"{origin or 'unknown'} to {goal or 'unknown'}: {payers:,} payers, {money_text(amount, unit)}")
        parts.append(
            f'<text x="20" y="{y}" fill="{_INK}">{escape(words)}</text><path d="M360,{y - 4} C560,{y - 4} 560,{middle} 720,{middle}" '
            f'fill="none" stroke="{_FLOW}" stroke-opacity="0.6" stroke-width="{wide:.1f}"><title>{escape(words)}</title></path>'
        )
    parts.append(
        f'<circle cx="735" cy="{middle}" r="14" fill="{_INK}"/><text x="758" y="{middle + 4}" fill="{_INK}">'
        f"{escape(_short(name))}</text></svg>"
    )
    return "".join(parts)


def timeline(title: str, moments: Iterable[Moment]) -> str:
    """Return the moments of a case on one line of time, a lane for each kind, with each in words below, fit for print."""
    given = sorted(moments, key=lambda one: (one.time_us, one.kind, one.text))
    lanes = [kind for kind in _MARKS if any(one.kind == kind for one in given)]
    below = 120 + 60 * len(lanes)
    listed = list(_listed(given))
    height = below + 18 * (len(listed) + 2)
    parts = [_head(height, title)]
    first, last = (given[0].time_us, given[-1].time_us) if given else (0, 1)
    span = max(1, last - first)
    for number, kind in enumerate(lanes):
        y = 90 + 60 * number
        mine = [(at, one) for at, one in enumerate(given, 1) if one.kind == kind]
        parts.append(
            f'<text x="20" y="{y + 4}" fill="{_INK}">{kind} ({len(mine)})</text>'
            f'<line x1="150" x2="{WIDTH - 30}" y1="{y}" y2="{y}" stroke="#b1b4b6"/>'
        )
        free = 0.0
        for at, one in mine:
            x = 150 + (one.time_us - first) / span * (WIDTH - 190)
            said = escape(f"{_day(one.time_us)} {one.text}")
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{_MARKS[kind]}" fill-opacity="0.75"><title>{said}</title></circle>'
            )
            if at <= MOST_LISTED and x >= free:  # numbers that would lie upon each other are left to the list
                parts.append(
                    f'<text x="{x:.1f}" y="{y - 9}" text-anchor="middle" font-size="10" fill="{_INK}">{at}</text>'
                )
                free = x + 16
    if given:
        y = below - 30
        parts.append(
            f'<text x="150" y="{y}" fill="{_INK}">{_day(first)}</text>'
            f'<text x="{WIDTH - 30}" y="{y}" fill="{_INK}" text-anchor="end">{_day(last)}</text>'
        )
    parts += [
        f'<text x="{x}" y="{below + 18 * at}" fill="{_INK}">{escape(words)}</text>'
        for at, (x, words) in enumerate(listed, 1)
    ]
    return "".join([*parts, "</svg>"])


def _listed(given: Sequence[Moment]) -> Iterable[tuple[int, str]]:
    """Yield the lines that tell the moments in words, each with its left edge, under the number that stands at its mark."""
    for at, one in enumerate(given[:MOST_LISTED], 1):
        words = f"{at}  {_day(one.time_us)}  {one.kind}: {one.text}"
        first, *more = wrap(words, MOST_WORDS, max_lines=MOST_LINES, placeholder=" …")
        yield 20, first
        yield from ((44, line) for line in more)
    if len(given) > MOST_LISTED:
        yield 20, f"and {len(given) - MOST_LISTED:,} more, as marks"


def _head(height: int, title: str, width: int = WIDTH) -> str:
    head = _HEAD.format(width=width, height=height, title=escape(title))
    return f'{head}<text x="20" y="34" font-size="17" font-weight="bold" fill="{_INK}">{escape(title)}</text>'


def _day(time_us: int) -> str:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d")


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:21]}…"  # noqa: PLR2004 - what fits beside a column
