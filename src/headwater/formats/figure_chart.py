"""Charts that print well: as SVG or PNG, in inks that differ in grey too, with the figures' definition below.

Colours are those of Okabe and Ito, which people who see colours differently can tell apart; lines differ in their dashes as
well. The same values give the same bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.util import find_spec
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import MissingExtraError, SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS: Final = ("svg", "png")
MAX_PANES: Final = 24
_WIDTH_IN: Final = 7.5
_PANE_IN: Final = 3.1
_DPI: Final = 200
"""A4 with margins at this many dots an inch prints without steps."""
_INKS: Final = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_DASHES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
_BAND: Final = "#0072B2"
_SHADES: Final = (0.16, 0.26, 0.40)
_STYLE: Final[Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.1,
    "svg.hashsalt": "headwater",
    "svg.fonttype": "path",
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, and the last day and value of each period."""

    name: str
    points: tuple[tuple[date, float], ...]


@dataclass(frozen=True, slots=True)
class Band:
    """One interval of a fan: its level in per cent, and the day, lower and upper end of each period."""

    level: float
    points: tuple[tuple[date, float, float], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A break: the day, and whether the level rose."""

    day: date
    up: bool


@dataclass(frozen=True, slots=True)
class Pane:
    """One chart of a sheet.

    Attributes:
        title: what is shown.
        unit: what is counted, along the axis.
        lines: the lines, the main one first.
        bands: intervals, the widest first.
        marks: breaks.
        table: rows of words and numbers beside the chart, the first as its header.
    """

    title: str
    unit: str
    lines: tuple[Line, ...]
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    table: tuple[tuple[str, ...], ...] = field(default=())


def chart_bytes(panes: Sequence[Pane], notes: str, kind: str) -> bytes:
    """Return a sheet of charts as the bytes of one picture.

    Args:
        panes: the charts, one below the other.
        notes: definitions and sources, printed below.
        kind: ``svg`` or ``png``.

    Raises:
        SettingsError: another kind of picture, no chart, or too many for one sheet.
        MissingExtraError: matplotlib is not installed.
    """
    if kind not in KINDS:
        raise SettingsError("no such kind of picture", where=kind[:20], fix=f"use one of {', '.join(KINDS)}")
    if not 0 < len(panes) <= MAX_PANES:
        raise SettingsError(f"1 to {MAX_PANES} charts fit on a sheet", fix="name fewer series")
    if find_spec("matplotlib") is None:
        raise MissingExtraError("figures", "matplotlib")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH_IN, _PANE_IN * len(panes) + 0.5))
        _draw(figure, panes, notes)
        if kind == "svg":
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "headwater"})
        else:
            figure.savefig(out, format="png", dpi=_DPI, metadata={"Software": "headwater"})
    return out.getvalue()


def _draw(figure: "Figure", panes: Sequence[Pane], notes: str) -> None:
    beside = any(pane.table for pane in panes)
    grid = figure.add_gridspec(len(panes), 2 if beside else 1, width_ratios=[2.6, 1.0] if beside else [1.0])
    for at, pane in enumerate(panes):
        axes = figure.add_subplot(grid[at, 0])
        _draw_pane(axes, pane)
        if beside:
            _draw_table(figure.add_subplot(grid[at, 1]), pane)
    figure.supxlabel(fill(notes, 130), fontsize=6.5, color="#444444", x=0.01, ha="left")


def _draw_pane(axes: "Axes", pane: Pane) -> None:
    for shade, band in zip(_SHADES, pane.bands, strict=False):
        days = [_day(day) for day, *_ in band.points]
        low, high = [low for _, low, _ in band.points], [high for *_, high in band.points]
        axes.fill_between(days, low, high, color=_BAND, alpha=shade, linewidth=0, label=f"{band.level:g} %")
    for at, line in enumerate(pane.lines):
        days = [_day(day) for day, _ in line.points]
        values = [value for _, value in line.points]
        ink, dash = _INKS[at % len(_INKS)], _DASHES[at % len(_DASHES)]
        axes.plot(
            days,
            values,
            color=ink,
            linestyle=dash,
            label=line.name,
            marker="o" if len(days) == 1 else None,
            markersize=3,
        )
    top = axes.get_ylim()[1]
    axes.set_ylim(0, top if top > 0 else 1)
    for mark in pane.marks:
        axes.axvline(_day(mark.day), color=_INKS[2], linestyle=":", linewidth=0.9)
        axes.annotate(
            "▲" if mark.up else "▼",
            (_day(mark.day), 1),
            xycoords=("data", "axes fraction"),
            ha="center",
            fontsize=7,
            color=_INKS[2],
        )
    axes.xaxis_date()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_title(fill(pane.title, 80), loc="left", fontsize=9, fontweight="bold", pad=18)
    axes.set_ylabel(pane.unit)
    if len(pane.lines) + len(pane.bands) > 1:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderpad=0.1,
            frameon=False,
            fontsize=6.5,
            ncols=len(pane.lines) + len(pane.bands),
            columnspacing=1.2,
            handlelength=2.4,
        )


def _day(day: date) -> float:
    """Return a day as matplotlib counts them."""
    from matplotlib.dates import date2num

    return float(date2num(day))  # type: ignore[no-untyped-call]


def _draw_table(axes: "Axes", pane: Pane) -> None:
    axes.axis("off")
    if not pane.table:
        return
    head, *rows = pane.table
    table = axes.table(
        cellText=[list(row) for row in rows], colLabels=list(head), loc="center", cellLoc="right", edges="horizontal"
    )
    table.auto_set_font_size(False)  # noqa: FBT003 - matplotlib's signature
    table.set_fontsize(6.5)
    for cell in table.get_celld().values():
        cell.set_linewidth(0.4)
    table.auto_set_column_width(list(range(len(head))))
