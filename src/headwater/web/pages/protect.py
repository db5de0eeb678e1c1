"""Safeguarding: tasks without names, one person at a time."""

from starlette.responses import Response

from headwater.node.pages import guarding
from headwater.web.page import Context, Page


def lists(ctx: Context) -> Response:
    """Show the tasks that wait, without saying whom they are about."""
    model = guarding.task_lines(ctx.node, ctx.session)
    return ctx.page("protect-list.html", model, twin=model)


def show(ctx: Context) -> Response:
    """Show one task."""
    return _page(ctx, None)


def open_identity(ctx: Context) -> Response:
    """Show who the person is: for this answer alone, with a reason and a grant."""
    return _page(ctx, guarding.open_identity(ctx.node, ctx.session, ctx.params["task"], ctx.form.needed("reason")))


def decide(ctx: Context) -> Response:
    """Keep what is decided on a task."""
    ref = ctx.params["task"]
    outcome, reason = ctx.form.needed("outcome", most=60), ctx.form.needed("reason")
    guarding.decide(ctx.node, ctx.session, ref, outcome, reason, consent=ctx.form.flag("consent"))
    return ctx.see_other("/protect")


def notified(ctx: Context) -> Response:
    """Keep that a duty to notify was done."""
    guarding.notified(ctx.node, ctx.session, ctx.params["task"], ctx.form.needed("reference", most=200))
    return ctx.see_other("/protect")


def _page(ctx: Context, opened: object) -> Response:
    model = guarding.task_page(ctx.node, ctx.session, ctx.params["task"])
    ctx.more.update(opened=opened)
    # The twin never holds an identity: it is for a person's eyes, once.
    return ctx.page("protect.html", model, twin=[{"id": model.id, "task": model}])


PAGES = (
    Page("/protect", "protect", lists),
    Page("/protect/{task}", "protect", show),
    Page("/protect/{task}/identity", "protect", open_identity, "POST"),
    Page("/protect/{task}/decide", "protect", decide, "POST"),
    Page("/protect/{task}/notified", "protect", notified, "POST"),
)
