"""Help: keys, words, a tour; and what no native reader has checked yet."""

from starlette.responses import Response

from headwater.web.page import Context, Page


def show(ctx: Context) -> Response:
    """Show the help."""
    return ctx.page("help.html", None)


PAGES = (Page("/help", "help", show),)
