"""The map: cells, alerts and places over an offline base, for some days; as page, picture, GeoJSON and table."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response

from headwater.errors import Place, SchemaError
from headwater.formats.region_svg import DrawnCell, DrawnMark, DrawnSpot, RegionMap
from headwater.node.pages import exports
from headwater.node.pages import map as read
from headwater.web import statics
from headwater.web.page import Context, Page
from headwater.web.pictures import about, banner_line, picture, stamp

BASE: Final = "vendor/region.json"
LAYER_WORDS: Final = {
    "rescue": "Rescue",
    "alerts": "Other alerts",
    "cells": "What was seen, in cells",
    "places": "Places of corridors",
}
VIEWS: Final[Mapping[str, tuple[str, read.Box]]] = {
    "region": ("Whole region", read.WHOLE),
    "balkans": ("Western Balkans", (13.0, 38.8, 24.5, 47.5)),
    "channel": ("The Channel", (-1.5, 49.3, 4.0, 52.2)),
    "central": ("Central Mediterranean", (7.5, 30.5, 20.5, 39.5)),
    "aegean": ("Aegean", (22.0, 34.5, 30.5, 41.5)),
}


def show(ctx: Context) -> Response:
    """Show the map, or hand it out in another form."""
    asked = asked_of(ctx)
    model = read.map_page(ctx.node, ctx.session, asked)
    form = ctx.query.choice("export", "", ("", "csv", "json", "geojson", "svg"))
    line = banner_line(ctx, model.banner)
    if form in {"csv", "json"}:
        return ctx.export(form, "map", rows_of(model), line)
    if form == "geojson":
        exports.note(ctx.node, ctx.session, "map", form, len(model.marks) + len(model.cells) + len(model.spots))
        data = json.dumps({**geojson(model), "about": about(ctx, line)}, ensure_ascii=False).encode()
        return ctx.attachment(data, "application/geo+json", "map.geojson")
    drawn = drawing(ctx, model, stamp(ctx, line) if form else "")
    if form == "svg":
        return picture(ctx, "map", drawn, len(model.marks))
    if ctx.query.text("format") == "geojson":
        return JSONResponse({**geojson(model), "days": [str(model.since or ""), str(model.until or "")]})
    ctx.more.update(
        drawing=drawn,
        layers=LAYER_WORDS,
        views={name: words for name, (words, _) in VIEWS.items()},
        chosen_view=ctx.query.text("view", "", most=20),
        query=query_of(asked),
        base=json.dumps(base_view(ctx), ensure_ascii=False),
        most_days=read.MOST_DAYS,
        footnotes=footnotes(ctx),
    )
    return ctx.page("map.html", model, twin=rows_of(model))


def asked_of(ctx: Context) -> read.Asked:
    """Return what a query asks of the map.

    Raises:
        SchemaError: a field holds what no map can show.
    """
    fields = ctx.query
    layers = frozenset(fields.texts("layer", most=20)) or frozenset(read.LAYERS)
    text = fields.text("day", most=10)
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise SchemaError("not a day, YYYY-MM-DD", where=Place(field="day")) from None
    days = fields.whole("days", read.DEFAULT_DAYS, most=read.MOST_DAYS)
    view = fields.choice("view", "", ("", *VIEWS))
    return read.Asked(day=day, days=days, layers=layers, box=_box(fields.text("box", most=100), view))


def _box(text: str, view: str) -> read.Box:
    if not text:
        return VIEWS[view][1] if view else read.WHOLE
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise SchemaError("not WEST,SOUTH,EAST,NORTH in degrees", where=Place(field="box")) from None
    return west, south, east, north


def query_of(asked: read.Asked) -> str:
    """Return the query that names what is shown."""
    given: list[tuple[str, str]] = [("days", str(asked.days))]
    given += [("day", asked.day.isoformat())] if asked.day else []
    given += [("layer", name) for name in read.LAYERS if name in asked.layers]
    given += [("box", ",".join(f"{edge:g}" for edge in asked.box))] if asked.box != read.WHOLE else []
    return urlencode(given)


def rows_of(model: read.Map) -> list[dict[str, Any]]:
    """Return what the map shows as a table: the same facts, for whoever does not see the picture."""
    rows: list[dict[str, Any]] = [
        {
            "id": mark.id, "layer": "rescue" if mark.lane == "rescue" else "alerts", "what": mark.kind, "count": 1,
            "lon": mark.lon, "lat": mark.lat, "at": mark.at, "state": mark.state, "text": mark.text,
        }
        for mark in model.marks
    ]  # fmt: skip
    for cell in model.cells:
        lon, lat = (sum(point[axis] for point in cell.ring) / len(cell.ring) for axis in (0, 1))
        what = ", ".join(f"{kind} {count}" for kind, count in cell.kinds)
        rows.append(
            {"id": cell.id, "layer": "cells", "what": what, "count": cell.count, "lon": round(lon, 4), "lat": round(lat, 4),
             "at": "", "state": "", "text": ""}
        )  # fmt: skip
    rows += [
        {"id": spot.id, "layer": "places", "what": spot.kind, "count": 1, "lon": spot.lon, "lat": spot.lat, "at": "",
         "state": "", "text": spot.country}
        for spot in model.spots
    ]  # fmt: skip
    return rows


def geojson(model: read.Map) -> dict[str, Any]:
    """Return what the map shows as GeoJSON (RFC 7946); people are in cells alone."""
    features: list[dict[str, Any]] = []
    for cell in model.cells:
        ring = [list(point) for point in (*cell.ring, cell.ring[0])]
        told = {"layer": "cells", "id": cell.id, "count": cell.count, "kinds": dict(cell.kinds), "step": cell.step}
        features.append(_feature("Polygon", [ring], told))
    for spot in model.spots:
        told = {"layer": "places", "id": spot.id, "kind": spot.kind, "country": spot.country}
        features.append(_feature("Point", [spot.lon, spot.lat], told))
    for mark in reversed(model.marks):
        layer = "rescue" if mark.lane == "rescue" else "alerts"
        told = {
            "layer": layer, "id": mark.id, "lane": mark.lane, "kind": mark.kind, "at": mark.at, "score": mark.score,
            "state": mark.state, "text": mark.text,
        }  # fmt: skip
        if len(mark.way) > 1:
            features.append(_feature("LineString", [list(point) for point in mark.way], {**told, "layer": "ways"}))
        features.append(_feature("Point", [mark.lon, mark.lat], told))
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, coordinates: object, told: Mapping[str, object]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": dict(told)}


def drawing(ctx: Context, model: read.Map, line: str) -> str:
    """Return the map as SVG."""
    words = ctx.language.gettext
    view = base_view(ctx)
    title = f"{words('Map')}, {model.since} – {model.until}" if model.since else words("Map")
    return RegionMap(
        title=title,
        box=model.asked.box,
        base=base(),
        styles=view["styles"],
        names=view["names"],
        cells=[
            DrawnCell(one.ring, one.step, ", ".join(f"{kind}: {count}" for kind, count in one.kinds))
            for one in model.cells
        ],
        spots=[DrawnSpot(one.lon, one.lat, f"{one.id} ({one.kind})") for one in model.spots],
        marks=[DrawnMark(one.lon, one.lat, one.lane, f"{one.text} {one.at}", one.way) for one in model.marks],
        footnotes=footnotes(ctx) if line else (),
        banner=line,
    ).svg()


@cache
def base() -> Mapping[str, Any]:
    """Return the base map that the wheel ships."""
    found: dict[str, Any] = json.loads(statics.tree().found[BASE].coded[""])
    return found


def base_view(ctx: Context) -> dict[str, Any]:
    """Return how this node draws the base map: styles, labels of lines, names in the reader's language."""
    settings, tag = ctx.node.settings.map, ctx.language.tag
    pairs = [boundary["pair"] for boundary in base()["boundaries"]]
    names = _names(ctx.language.locale)
    return {
        "styles": {pair: str(settings.boundary(pair).style) for pair in pairs},
        "labels": {pair: text for pair in pairs if (text := settings.label(pair, tag))},
        "names": {code: settings.name(code, tag, names.get(code, code)) for code in base()["labels"]},
    }


def footnotes(ctx: Context) -> list[str]:
    """Return what is said about the lines, each once."""
    settings, tag = ctx.node.settings.map, ctx.language.tag
    said = (settings.footnote(boundary["pair"], tag) for boundary in base()["boundaries"])
    return list(dict.fromkeys(text for text in said if text))


@cache
def _names(locale: str) -> Mapping[str, str]:
    """Return the names of states and territories as CLDR has them."""
    from babel import Locale

    return {str(code): str(name) for code, name in Locale.parse(locale).territories.items()}


PAGES = (Page("/map", "map", show),)
