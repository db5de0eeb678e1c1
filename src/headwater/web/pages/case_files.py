"""Exhibits uploaded into a case, and its disclosure schedules: to read here, to take along as PDF."""

from starlette.responses import Response

from headwater.errors import FormatError, Place, SchemaError
from headwater.node.incoming import ENDINGS, KINDS, MOST_BYTES, ending
from headwater.node.pages import casefile, exhibits
from headwater.web.errors import TypeOfFormError
from headwater.web.page import Context, Page


def add(ctx: Context) -> Response:
    """Add the file of the form as an exhibit; the page shows its SHA-256 afterwards."""
    urn = casefile.check_urn(ctx.params["urn"])
    if ctx.upload is None:
        raise SchemaError("no file", where=Place(field="file"), fix="choose a file")
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
    key, file = ctx.form.needed("key", most=100), ctx.upload.file
    try:
        kind = ending(file.path, ctx.upload.name)
    except FormatError as error:
        raise TypeOfFormError(error.what, where=error.where, fix=error.fix) from error
    told = exhibits.add_exhibit(ctx.node, ctx.session, urn, said, file, kind, key)
    return ctx.see_other(f"/cases/{urn}", done="added", sum=told)


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
    Page("/cases/{urn}/schedules/{form}", "cases", read),
    Page("/cases/{urn}/schedules/{form}", "cases", make, "POST"),
)
