"""Pictures that leave the page: with the handling line, who, when and why, noted in the ledger, named by ids alone."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from headwater.model.times import format_instant
from headwater.node.pages import exports
from headwater.node.pages.words import Marks
from headwater.web.page import Context

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def banner_line(ctx: Context, marks: Marks) -> str:
    """Return the handling of a page in one line."""
    words = ctx.language.gettext
    onward = (
        words("never onward") if marks.never_onward
        else words("may pass on to anybody") if marks.releasable is None
        else f"{words('may pass on to')} {', '.join(marks.releasable)}" if marks.releasable
        else words("ask the originator before passing on")
    )  # fmt: skip
    until = f"{words('keep until')} {marks.retain_until}" if marks.retain_until else ""
    return " · ".join(part for part in (marks.short or words("no marking"), onward, *marks.conditions, until) if part)


def own_line(ctx: Context) -> str:
    """Return the handling of a list of what a node itself did and has, in which no fact stands: it is the house's alone."""
    return f"{ctx.node.authority} · {ctx.language.gettext('never onward')}"


def about(ctx: Context, line: str) -> Mapping[str, str]:
    """Return what an export says of itself."""
    return {
        "handling": line,
        "node": ctx.node.authority,
        "who": ctx.session.user,
        "purpose": ctx.session.purpose,
        "at": format_instant(ctx.node.clock.now()),
    }


def stamp(ctx: Context, line: str) -> str:
    """Return the same in one line, to stand on a picture."""
    told = about(ctx, line)
    return f"{line} · {told['node']} · {told['who']} · {told['purpose']} · {told['at']}"


def picture(ctx: Context, name: str, svg: str, rows: int) -> Response:
    """Hand out an SVG picture; the ledger notes it."""
    exports.note(ctx.node, ctx.session, name, "svg", rows)
    return ctx.attachment(svg.encode(), "image/svg+xml", f"{_UNSAFE.sub('-', name)}.svg")
