"""The start page."""

from starlette.responses import Response

from headwater.node import authenticators
from headwater.node.pages import start
from headwater.web.page import Context, Page


def show(ctx: Context) -> Response:
    """Show what changed and what waits."""
    model = start.start(ctx.node, ctx.session)
    ctx.more.update(by_link_alone=authenticators.own(ctx.node, ctx.session.user).is_empty)
    return ctx.page("start.html", model, twin=[{"id": ctx.session.user, "start": model}])


PAGES = (Page("/", "start", show),)
