"""Audit: the ledger's events, every look at one subject, the check of the log, the transparency report."""

from urllib.parse import urlencode

from starlette.responses import Response

from headwater.node.pages import auditing
from headwater.web.page import Context, Page
from headwater.web.pictures import own_line


def show(ctx: Context) -> Response:
    """Show events of the ledger, the newest first."""
    asked = auditing.Filter(
        kind=ctx.query.text("kind", most=60),
        who=ctx.query.text("who", most=100),
        subject=ctx.query.text("subject", most=300),
        before=ctx.query.whole("before", 0, most=10**9),
    )
    model = auditing.audit_page(ctx.node, ctx.session, asked)
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "audit", model.events, own_line(ctx))
    said = {"kind": asked.kind, "who": asked.who, "subject": asked.subject, "before": str(asked.before or "")}
    query = urlencode({name: value for name, value in said.items() if value})
    ctx.more.update(checked=None, year=ctx.node.clock.now().year, query=f"{query}&" if query else "")
    return ctx.page("audit.html", model, twin=model.events)


def check(ctx: Context) -> Response:
    """Compute the whole log again."""
    checked = auditing.check_log(ctx.node, ctx.session)
    ctx.more.update(checked=checked)
    return ctx.page("audit-check.html", checked, twin=[checked])


def report(ctx: Context) -> Response:
    """Hand out the transparency report of a year."""
    year = ctx.query.whole("year", ctx.node.clock.now().year, least=1970, most=9999)
    text = auditing.year_report(ctx.node, ctx.session, year)
    return ctx.attachment(text.encode(), "text/markdown; charset=utf-8", f"report-{year}.md")


PAGES = (
    Page("/audit", "audit", show),
    Page("/audit/check", "audit", check, "POST"),
    Page("/audit/report", "audit", report),
)
