"""Exhibits uploaded into a case, whole or piece by piece, and its disclosure schedules: to read here, to take along as PDF."""

from starlette.responses import JSONResponse, Response

from headwater.errors import FormatError, Place, SchemaError
from headwater.node import uploads
from headwater.node.incoming import ENDINGS, KINDS, MOST_BYTES, Incoming, ending
from headwater.node.pages import casefile, exhibits
from headwater.node.pages.once import made_before
from headwater.web.errors import TypeOfFormError
from headwater.web.page import Context, Page
from headwater.web.uploading import UPLOAD_FIELD


def add(ctx: Context) -> Response:
    """Add the file of the form, or the one that has come before it, as an exhibit; the page shows its SHA-256 afterwards."""
    urn = casefile.check_urn(ctx.params["urn"])
    key, ref = ctx.form.needed("key", most=100), ctx.form.text(UPLOAD_FIELD, most=100)
    if ctx.upload is not None:
        told = _add(ctx, urn, key, ctx.upload.file, ctx.upload.name)
    elif not ref:
        raise SchemaError("no file", where=Place(field="file"), fix="choose a file")
    elif not (told := made_before(ctx.node, ctx.session, key)):
        file, name = uploads.take(ctx.node, ctx.session, urn, ref, ctx.form.needed("sum", most=100))
        try:
            told = _add(ctx, urn, key, file, name)
        finally:
            file.discard()
        # Kept until here: an officer who has to mend a field need not send the file again.
        uploads.let_go(ctx.node, ctx.session, urn, ref)
    return ctx.see_other(f"/cases/{urn}", done="added", sum=told)


def _add(ctx: Context, urn: str, key: str, file: Incoming, name: str) -> str:
    said = {
        "ref": ctx.form.needed("ref", most=40),
        "description": ctx.form.needed("description", most=400),
        "producer": ctx.form.needed("producer", most=20),
        "captured_at": ctx.form.needed("captured_at", most=40),
        "handling": ctx.form.text("handling", "TLP:AMBER", most=40),
        "status": ctx.form.choice("status", "unused", casefile.STATUSES),
        "list": ctx.form.choice("list", "", exhibits.LISTS),
        "reason": ctx.form.text("reason", most=400),
        "sha256": ctx.form.text("sha256", most=100),
    }
    try:
        kind = ending(file.path, name)
    except FormatError as error:
        raise TypeOfFormError(error.what, where=error.where, fix=error.fix) from error
    return exhibits.add_exhibit(ctx.node, ctx.session, urn, said, file, kind, key)


def begin(ctx: Context) -> Response:
    """Begin an upload, or say how far the one is that broke off."""
    urn = casefile.check_urn(ctx.params["urn"])
    told = uploads.Told(
        ctx.form.needed("name", most=300),
        ctx.form.whole("size", 0, least=0, most=10**9 - 1),
        ctx.form.text("changed", most=40),
    )
    return _told(uploads.begin(ctx.node, ctx.session, urn, told))


def place(ctx: Context) -> uploads.Piece:
    """Return where the bytes of a request go."""
    urn, at = casefile.check_urn(ctx.params["urn"]), ctx.query.whole("at", 0, least=0, most=10**9 - 1)
    return uploads.piece(ctx.node, ctx.session, urn, ctx.params["ref"], at)


def go_on(ctx: Context) -> Response:
    """Say how far an upload is, after some bytes more."""
    urn = casefile.check_urn(ctx.params["urn"])
    return _told(uploads.held(ctx.node, ctx.session, urn, ctx.params["ref"]))


def _told(held: uploads.Held) -> Response:
    return JSONResponse({"upload": held.ref, "at": held.at, "size": held.size})


def read(ctx: Context) -> Response:
    """Show a schedule as it stands now."""
    urn = casefile.check_urn(ctx.params["urn"])
    model = exhibits.schedule_page(ctx.node, ctx.session, urn, ctx.params["form"])
    rows = [dict(zip(part.titles, row, strict=False)) for part in model.parts for row in part.rows]
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), f"{model.form}", rows, model.marking)
    ctx.more.update(forms=exhibits.FORMS)
    return ctx.page("schedule.html", model, twin=rows)


def make(ctx: Context) -> Response:
    """Make the paper of a schedule: what has no number gets one, for good."""
    urn, form = casefile.check_urn(ctx.params["urn"]), ctx.params["form"]
    data = exhibits.schedule_pdf(ctx.node, ctx.session, urn, form)
    return ctx.attachment(data, "application/pdf", f"{exhibits.form_of(form).value}-{urn}.pdf")


def endings() -> tuple[str, ...]:
    """Return the endings of files that are taken."""
    kinds = dict.fromkeys(kind for _, _, kind in KINDS)
    return tuple(f".{one}" for kind in (*kinds, "txt") for one in ENDINGS.get(kind, (kind,)))


MOST_MB = MOST_BYTES // 1024 // 1024

PAGES = (
    Page("/cases/{urn}/exhibits", "cases", add, "POST", takes_file=True),
    Page("/cases/{urn}/uploads", "cases", begin, "POST"),
    Page("/cases/{urn}/uploads/{ref}", "cases", go_on, "POST", into=place),
    Page("/cases/{urn}/schedules/{form}", "cases", read),
    Page("/cases/{urn}/schedules/{form}", "cases", make, "POST"),
)
