"""Scans of vehicles: which there are, one of them to look into, and its pixels for the browser that draws it."""

import re
from dataclasses import asdict
from typing import Any, Final

from starlette.responses import Response

from headwater.node.pages import exports, scan_pixels
from headwater.node.pages import scans as read
from headwater.web.errors import UnknownPageError
from headwater.web.page import Context, Page
from headwater.web.pictures import banner_line

_REF: Final = re.compile(r"rec-[0-9a-f]{40}")
_FINDING: Final = re.compile(r"fnd-[0-9a-f]{40}")
NAMES: Final = {0.0: "organic", 0.5: "light metal", 1.0: "metal", 1.6: "beyond steel"}
"""What the colours of materials say, by index."""


def every(ctx: Context) -> Response:
    """Show the scans, the newest first."""
    page = ctx.query.whole("page", 1)
    model = read.scans(ctx.node, ctx.session, page)
    form = ctx.query.choice("export", "", ("", "csv", "json", "ftm"))
    if form == "ftm":
        return ctx.export_ftm("scans", list(dict.fromkeys(row.vehicle for row in model.rows if row.vehicle)))
    if form:
        return ctx.export(form, "scans", model.rows, banner_line(ctx, model.banner))
    following = f"/scans?page={page + 1}" if model.has_more else None
    return ctx.page("scans.html", model, twin=model.rows, next_page=following)


def show(ctx: Context) -> Response:
    """Show one scan."""
    model = read.scan(ctx.node, ctx.session, _ref(ctx), _finding(ctx))
    form = ctx.query.choice("export", "", ("", "csv", "json"))
    if form:
        return ctx.export(form, "scan", model.alarms, banner_line(ctx, model.banner))
    ctx.more.update(
        finding=_finding(ctx),
        query=f"?finding={model.rescue}" if model.rescue else "",
        drawn=_drawn(model.picture, model),
        reference=_drawn(model.reference_picture, None) if model.reference_picture else None,
        colours=[(NAMES[index], rgb) for index, rgb in model.picture.colours],
    )
    return ctx.page("scan.html", model, twin=[{"id": model.row.id, "scan": model}])


def picture(ctx: Context) -> Response:
    """Hand out one scan as a picture with its boxes; asked for as a file, the ledger notes that it left the page."""
    data = scan_pixels.drawn(ctx.node, ctx.session, _ref(ctx), _finding(ctx))
    if ctx.query.flag("save"):
        exports.note(ctx.node, ctx.session, "scan", "png", 1)
        return ctx.attachment(data, "image/png", f"{_ref(ctx)}.png")
    return Response(data, media_type="image/png")


def pixels(ctx: Context) -> Response:
    """Hand out one channel's pixels to the page that draws them."""
    channel = ctx.query.text("channel", most=40)
    return _bytes(scan_pixels.pixels(ctx.node, ctx.session, _ref(ctx), _finding(ctx), channel))


def materials(ctx: Context) -> Response:
    """Hand out what each pixel is made of to the page that draws it."""
    return _bytes(scan_pixels.materials(ctx.node, ctx.session, _ref(ctx), _finding(ctx)))


def _bytes(data: bytes) -> Response:
    return Response(data, media_type="application/octet-stream")


def _drawn(picture: read.Picture, model: read.Scan | None) -> dict[str, Any]:
    """Return what the script is told of an image."""
    told = asdict(picture)
    alarms = model.alarms if model else ()
    told["alarms"] = [{"id": one.id, "number": one.number, "kind": one.kind, "box": one.box} for one in alarms]
    told["blocked"] = [one["box_px"] for one in model.blocked] if model else []
    told["made"] = model.made if model else ""
    return told


def _ref(ctx: Context) -> str:
    ref = ctx.params["ref"]
    if not _REF.fullmatch(ref):
        raise UnknownPageError("no such scan")
    return ref


def _finding(ctx: Context) -> str:
    finding = ctx.query.text("finding", most=60)
    if finding and not _FINDING.fullmatch(finding):
        raise UnknownPageError("no such finding")
    return finding


PAGES = (
    Page("/scans", "scans", every),
    Page("/scans/{ref}", "scans", show),
    Page("/scans/{ref}/picture.png", "scans", picture),
    Page("/scans/{ref}/pixels", "scans", pixels),
    Page("/scans/{ref}/materials", "scans", materials),
)
