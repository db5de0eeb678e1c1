"""Search: what is asked goes in a form and comes back under a token, so that no name stands in an address."""

from urllib.parse import urlencode

from starlette.responses import Response

from headwater.node.pages import search
from headwater.web.page import Context, Page
from headwater.web.pictures import banner_line


def ask(ctx: Context) -> Response:
    """Show the one box."""
    ctx.more.update(token="", text="", schema="", originator="", here={})
    return ctx.page("search.html", None)


def keep(ctx: Context) -> Response:
    """Keep what is asked, and lead to what it finds."""
    return ctx.see_other(
        f"/search/{search.keep(ctx.node, ctx.session, ctx.form.needed('q', most=search.MOST_LETTERS))}"
    )


def show(ctx: Context) -> Response:
    """Show what was found, and why each."""
    token = ctx.params["token"]
    asked = search.kept(ctx.node, ctx.session, token)
    schema, originator = ctx.query.text("schema", most=60), ctx.query.text("originator", most=60)
    page = 0 if ctx.query.text("export") else ctx.query.whole("page", 1)
    model = search.find(ctx.node, ctx.session, asked, schema=schema, originator=originator, page=page)
    if ctx.query.text("export") == "ftm":
        return ctx.export_ftm("search", [hit.id for hit in model.hits])
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "search", model.hits, banner_line(ctx, model.banner))
    here = {name: value for name, value in (("schema", schema), ("originator", originator)) if value}
    ctx.more.update(token=token, text=asked.text, schema=schema, originator=originator, here=here)
    following = f"/search/{token}?{urlencode({**here, 'page': model.next_page})}" if model.next_page else None
    return ctx.page("search.html", model, twin=model.hits, next_page=following)


def save(ctx: Context) -> Response:
    """Let the start page look through a search again, or no more."""
    token = ctx.params["token"]
    search.save(ctx.node, ctx.session, token, saved=ctx.form.text("saved") == "1")
    return ctx.see_other(f"/search/{token}")


PAGES = (
    Page("/search", "search", ask),
    Page("/search", "search", keep, "POST"),
    Page("/search/{token}", "search", show),
    Page("/search/{token}/save", "search", save, "POST"),
)
