"""Charts of links: what ties an entity to others, drawn and as a table; grown, cut, moved, merged, saved as files."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from headwater.errors import Place, SchemaError
from headwater.formats.link_chart import DrawnEdge, DrawnVertex, LinkChart
from headwater.node import cases
from headwater.node.pages import charts as read
from headwater.node.pages import exports
from headwater.node.scratch import scratch
from headwater.policy.acts import Act
from headwater.web.page import Context, Page
from headwater.web.pictures import about, banner_line, own_line, picture, stamp
from headwater.web.templating import tie_words

MOST_PLACES = 200_000
"""Letters of all the places that one form may bring: 300 vertices with long keys."""


def every(ctx: Context) -> Response:
    """Show one's own charts."""
    model = read.every(ctx.node, ctx.session)
    form = ctx.query.choice("export", "", ("", "csv", "json"))
    if form:
        return ctx.export(form, "charts", model, own_line(ctx))
    ctx.more.update(entity=ctx.query.text("entity", most=400))
    return ctx.page("charts.html", model, twin=model)


def make(ctx: Context) -> Response:
    """Make a chart about an entity."""
    ref = read.make(ctx.node, ctx.session, ctx.form.needed("entity", most=400), ctx.form.text("title", most=200))
    return ctx.see_other(f"/charts/{ref}")


def show(ctx: Context) -> Response:
    """Show one chart, or hand it out in another form."""
    ends = ctx.query.text("from", most=400), ctx.query.text("to", most=400)
    if bool(ends[0]) != bool(ends[1]):
        raise SchemaError("a path needs two ends", where=Place(field="to" if ends[0] else "from"))
    kind = ctx.query.text("kind", most=100)
    model = read.chart(ctx.node, ctx.session, ctx.params["ref"], kind=kind, ends=ends if all(ends) else None)
    line = banner_line(ctx, model.banner)
    form = ctx.query.choice("export", "", ("", "csv", "json", "svg", "graphml", "ftm"))
    if form in {"csv", "json"}:
        return ctx.export(form, "chart", rows_of(model), line)
    if form == "ftm":
        return ctx.export_ftm("chart", [vertex.id for vertex in model.vertices])
    if form == "svg":
        return picture(ctx, "chart", drawing(ctx, model, stamp(ctx, line)).svg(), len(model.vertices))
    if form == "graphml":
        exports.note(ctx.node, ctx.session, "chart", form, len(model.vertices))
        return ctx.attachment(
            drawing(ctx, model, "").graphml(about(ctx, line)), "application/graphml+xml", "chart.graphml"
        )
    if ctx.wants_json:
        return JSONResponse(
            {
                "page": "charts", "vertices": [_vertex(one) for one in model.vertices], "edges": rows_of(model),
                "path": model.path, "next": None,
            }
        )  # fmt: skip
    ctx.more.update(
        drawing=drawing(ctx, model, line).svg(),
        data=json.dumps(_data(ctx, model), ensure_ascii=False),
        labels={vertex.id: vertex.label for vertex in model.vertices},
        kind=kind,
        ends=ends,
        others=[one for one in read.every(ctx.node, ctx.session) if one.id != model.id],
        cases=cases.every(ctx.node, ctx.session) if ctx.may(Act.CASE_ADD) else [],
        most=read.MOST_VERTICES,
        at_once=read.AT_ONCE,
        done=ctx.query.text("done", most=40),
    )
    return ctx.page("chart.html", model)


def change(ctx: Context) -> Response:
    """Carry out one step on a chart."""
    ref, version = ctx.params["ref"], ctx.form.whole("version", 0)
    act = ctx.form.choice("act", "", ("expand", "hide", "move", "rename", "merge", "end", "case"))
    done: dict[str, str] = {}
    if act == "expand":
        done["done"] = str(read.expand(ctx.node, ctx.session, ref, version, ctx.form.needed("vertex", most=400)))
    elif act == "hide":
        read.hide(ctx.node, ctx.session, ref, version, ctx.form.needed("vertex", most=400))
    elif act == "move":
        read.move(ctx.node, ctx.session, ref, version, _places(ctx))
    elif act == "rename":
        read.rename(ctx.node, ctx.session, ref, version, ctx.form.needed("title", most=200))
    elif act == "merge":
        read.merge(ctx.node, ctx.session, ref, version, ctx.form.needed("other", most=64))
    elif act == "case":
        _to_case(ctx, ref)
    else:
        read.put_away(ctx.node, ctx.session, ref, version)
        return ctx.see_other("/charts")
    return ctx.see_other(f"/charts/{ref}", **done)


def _places(ctx: Context) -> dict[str, tuple[float, float]]:
    """Return the places that a form brings: of one vertex in two fields, or of many as JSON."""
    if ctx.form.text("vertex", most=400):
        return {ctx.form.needed("vertex", most=400): (ctx.form.number("x", 0.0), ctx.form.number("y", 0.0))}
    try:
        given = json.loads(ctx.form.needed("places", most=MOST_PLACES))
        return {str(key): (float(x), float(y)) for key, (x, y) in given.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise SchemaError("not places of vertices", where=Place(field="places")) from error


def _to_case(ctx: Context, ref: str) -> None:
    """Add a chart to a case as a picture, with its handling line on it."""
    model = read.chart(ctx.node, ctx.session, ref)
    drawn = drawing(ctx, model, stamp(ctx, banner_line(ctx, model.banner))).svg()
    with scratch(ctx.node.home) as folder:
        file = folder / f"chart-{ref}-{model.version}.svg"
        file.write_text(drawn, encoding="utf-8")
        cases.add(ctx.node, ctx.session, ctx.form.needed("case", most=100), file)


def drawing(ctx: Context, model: read.Chart, line: str) -> LinkChart:
    """Return what is drawn of a chart."""
    path = model.path or ()
    lit = {frozenset(pair) for pair in itertools.pairwise(path)}
    return LinkChart(
        ctx.language.gettext("Chart"),
        [
            DrawnVertex(one.id, one.label, one.schema, one.x, one.y, one.pinned, one.id in path)
            for one in model.vertices
        ],
        [DrawnEdge(one.a, one.b, _label(ctx, one), one.sure, frozenset((one.a, one.b)) in lit) for one in model.edges],
        line,
    )


def rows_of(model: read.Chart) -> list[dict[str, Any]]:
    """Return every tie as a row: the same facts, for whoever does not see the picture."""
    return [
        {
            "id": tie.ref, "subjects": [edge.a, edge.b], "kind": tie.kind, "text": tie.text, "by": tie.by,
            "grade": tie.grade, "handling": tie.marks.short, "sure": tie.sure,
        }
        for edge in model.edges
        for tie in edge.ties
    ]  # fmt: skip


def _vertex(one: read.Vertex) -> dict[str, Any]:
    return {"id": one.id, "label": one.label, "schema": one.schema, "x": one.x, "y": one.y, "more": one.more}


def _label(ctx: Context, edge: read.Edge) -> str:
    """Return what ties two vertices together, in the reader's words."""
    return ", ".join(dict.fromkeys(tie_words(ctx.language, tie.kind) for tie in edge.ties))


def _data(ctx: Context, model: read.Chart) -> Mapping[str, Any]:
    """Return what the script draws: the same places as the picture."""
    path = model.path or ()
    return {
        "vertices": [{**_vertex(one), "pinned": one.pinned, "lit": one.id in path} for one in model.vertices],
        "edges": [{"a": one.a, "b": one.b, "label": _label(ctx, one), "sure": one.sure} for one in model.edges],
    }


PAGES = (
    Page("/charts", "charts", every),
    Page("/charts", "charts", make, "POST"),
    Page("/charts/{ref}", "charts", show),
    Page("/charts/{ref}", "charts", change, "POST"),
)
