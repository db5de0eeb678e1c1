"""The node itself: keys, users, settings, partners and agreements in words."""

from starlette.responses import Response

from headwater.node.pages import office
from headwater.policy.acts import Role
from headwater.web.page import Context, Page
from headwater.web.pictures import own_line


def show(ctx: Context) -> Response:
    """Show the node as the user may see it."""
    model = office.office(ctx.node, ctx.session)
    if ctx.query.text("export"):
        return ctx.export(ctx.query.text("export"), "partners", model.partners, own_line(ctx))
    ctx.more.update(key=ctx.one_use_key(), roles=tuple(Role), done=ctx.query.text("done", most=40))
    return ctx.page("admin.html", model, twin=[{"id": model.authority, "office": model}])


def add_user(ctx: Context) -> Response:
    """Add a user."""
    name, roles = ctx.form.needed("name", most=60), frozenset(ctx.form.texts("role"))
    office.add_user(ctx.node, ctx.session, name, roles, ctx.form.needed("key", most=100))
    return ctx.see_other("/admin", done="added")


def disable_user(ctx: Context) -> Response:
    """Switch a user off."""
    office.disable_user(ctx.node, ctx.session, ctx.form.needed("name", most=60))
    return ctx.see_other("/admin", done="disabled")


def reset_user(ctx: Context) -> Response:
    """Remove all that a user signs in with; it takes a second person."""
    office.reset_user(ctx.node, ctx.session, ctx.form.needed("name", most=60))
    return ctx.see_other("/admin", done="reset")


PAGES = (
    Page("/admin", "admin", show),
    Page("/admin/users", "admin", add_user, "POST"),
    Page("/admin/users/disable", "admin", disable_user, "POST"),
    Page("/admin/users/reset", "admin", reset_user, "POST"),
)
