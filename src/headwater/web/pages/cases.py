"""Cases: what stands in one, what it lacks, small additions by hand, seal and check."""

from starlette.responses import Response

from headwater.node.pages import casefile, exhibits, handing
from headwater.web.page import Context, Page
from headwater.web.pages.case_files import MOST_MB, endings
from headwater.web.pictures import own_line


def lists(ctx: Context) -> Response:
    """Show the cases of the node."""
    model = casefile.case_lines(ctx.node, ctx.session)
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "cases", model, own_line(ctx))
    ctx.more.update(key=ctx.one_use_key(), profiles=casefile.PROFILES, finding=ctx.query.text("finding", most=60))
    return ctx.page("cases.html", model, twin=model)


def new(ctx: Context) -> Response:
    """Open a case of which only the matter is known."""
    matter = {
        "urn": casefile.check_urn(ctx.form.needed("urn", most=20)),
        "operation": ctx.form.needed("operation", most=100),
        "purpose": "investigate-oic",
        "profile": ctx.form.choice("profile", casefile.PROFILES[0], casefile.PROFILES),
    }
    urn = casefile.open_case(ctx.node, ctx.session, matter, ctx.form.needed("key", most=100))
    return ctx.see_other(f"/cases/{urn}")


def show(ctx: Context) -> Response:
    """Show one case."""
    model = casefile.case_page(ctx.node, ctx.session, casefile.check_urn(ctx.params["urn"]))
    if ctx.query.text("export"):
        codes = dict.fromkeys(code for one in model.items for code in one.handling.split())
        return ctx.export(ctx.query.text("export"), "case", model.items, " ".join(codes))
    ctx.more.update(
        _forms(ctx), done=ctx.query.text("done", most=40), told=ctx.query.text("sum", most=64), checked=None
    )
    return ctx.page("case.html", model, twin=[{"id": model.id, "case": model}])


def add_person(ctx: Context) -> Response:
    """Add a person to a case."""
    row: dict[str, object] = {
        "id": ctx.form.needed("id", most=20),
        "category": ctx.form.needed("category", most=20),
        "name": ctx.form.needed("name", most=200),
        **({"role": role} if (role := ctx.form.text("role", most=100)) else {}),
    }
    return _added(ctx, {"persons": [row]})


def add_offence(ctx: Context) -> Response:
    """Add an offence to a case."""
    row: dict[str, object] = {
        "id": ctx.form.needed("id", most=20),
        "code": ctx.form.needed("code", most=40),
        "defendants": ctx.form.text("defendants", most=200).split(),
        "from": ctx.form.needed("from", most=10),
        "to": ctx.form.needed("to", most=10),
    }
    return _added(ctx, {"offences": [row]})


def add_element(ctx: Context) -> Response:
    """Say which items prove an element of an offence."""
    row: dict[str, object] = {
        "offence": ctx.form.needed("offence", most=20),
        "element": ctx.form.needed("element", most=60),
        "proved_by": ctx.form.needed("proved_by", most=400).split(),
    }
    return _added(ctx, {"elements": [row]})


def add_note(ctx: Context) -> Response:
    """Add a note as an exhibit."""
    said = {
        "ref": ctx.form.needed("ref", most=40),
        "description": ctx.form.needed("description", most=400),
        "producer": ctx.form.needed("producer", most=20),
        "captured_at": ctx.form.needed("captured_at", most=40),
        "handling": ctx.form.text("handling", "TLP:AMBER", most=40),
        "status": ctx.form.choice("status", "unused", casefile.STATUSES),
        "text": ctx.form.needed("text", most=20_000),
    }
    urn = casefile.check_urn(ctx.params["urn"])
    casefile.add_note(ctx.node, ctx.session, urn, said, ctx.form.needed("key", most=100))
    return ctx.see_other(f"/cases/{urn}", done="added")


def keep_finding(ctx: Context) -> Response:
    """Let a case keep a finding."""
    urn = casefile.check_urn(ctx.params["urn"] or "")
    casefile.keep_finding(ctx.node, ctx.session, urn, ctx.form.needed("finding", most=60))
    return ctx.see_other(f"/cases/{urn}", done="added")


def seal(ctx: Context) -> Response:
    """Seal a case as it is now."""
    urn = casefile.check_urn(ctx.params["urn"])
    casefile.seal(ctx.node, ctx.session, urn, ctx.form.needed("key", most=100))
    return ctx.see_other(f"/cases/{urn}", done="sealed")


def check(ctx: Context) -> Response:
    """Check a sealed bundle with the code that lies in it."""
    urn = casefile.check_urn(ctx.params["urn"])
    checked = casefile.check_bundle(ctx.node, ctx.session, urn, ctx.form.needed("bundle", most=60))
    model = casefile.case_page(ctx.node, ctx.session, urn)
    ctx.more.update(_forms(ctx), done="", told="", checked=checked)
    return ctx.page("case.html", model, twin=[{"id": model.id, "case": model}])


def hand_out(ctx: Context) -> Response:
    """Give a view of a case, or of a bundle of it, as one file."""
    audience = ctx.form.choice("view", "", handing.AUDIENCES)
    wish = handing.Wish(
        bundle=ctx.form.text("bundle", most=60),
        audience=audience,
        partner=ctx.form.needed("partner", most=60) if audience == "partner" else "",
        draft=ctx.form.flag("draft"),
        withhold=ctx.form.flag("withhold"),
    )
    made = handing.hand_out(ctx.node, ctx.session, casefile.check_urn(ctx.params["urn"]), wish)
    return ctx.stream(made.file, made.size, "application/zip", made.name)


def _forms(ctx: Context) -> dict[str, object]:
    """Return what the forms of a case's page need."""
    return {
        "key": ctx.one_use_key(),
        "statuses": casefile.STATUSES,
        "papers": exhibits.FORMS,
        "audiences": handing.AUDIENCES,
        "endings": endings(),
        "most_mb": MOST_MB,
    }


def _added(ctx: Context, rows: dict[str, list[dict[str, object]]]) -> Response:
    urn = casefile.check_urn(ctx.params["urn"])
    casefile.add_rows(ctx.node, ctx.session, urn, rows, ctx.form.needed("key", most=100))
    return ctx.see_other(f"/cases/{urn}", done="added")


PAGES = (
    Page("/cases", "cases", lists),
    Page("/cases", "cases", new, "POST"),
    Page("/cases/{urn}", "cases", show),
    Page("/cases/{urn}/persons", "cases", add_person, "POST"),
    Page("/cases/{urn}/offences", "cases", add_offence, "POST"),
    Page("/cases/{urn}/elements", "cases", add_element, "POST"),
    Page("/cases/{urn}/notes", "cases", add_note, "POST"),
    Page("/cases/{urn}/findings", "cases", keep_finding, "POST"),
    Page("/cases/{urn}/seal", "cases", seal, "POST"),
    Page("/cases/{urn}/check", "cases", check, "POST"),
    Page("/cases/{urn}/views", "cases", hand_out, "POST"),
)
