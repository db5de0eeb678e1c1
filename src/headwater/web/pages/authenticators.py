"""How the user signs in: passkeys, a passphrase with an app, recovery codes; set up, looked at, removed."""

from typing import Final

from starlette.responses import Response

from headwater.errors import MissingExtraError
from headwater.node import authenticators, codes, passkeys, recovery, signin
from headwater.web.page import Context, Page

HERE: Final = "/authenticators"


def show(ctx: Context) -> Response:
    """Show what the user signs in with; while the session is fresh, also what it takes to add something."""
    model = authenticators.own(ctx.node, ctx.session.user)
    fresh = ctx.signed is not None and signin.is_fresh(ctx.node, ctx.signed)
    options, waiting = "", None
    if fresh and not ctx.wants_json:
        waiting = codes.pending(ctx.node, model.user)
        if passkeys.can(ctx.site.url):
            options = passkeys.options_to_add(ctx.node, model.user, signin.binding(ctx.token), ctx.site.url)
    ctx.more.update(
        fresh=fresh,
        options=options,
        waiting=waiting,
        picture=_picture(waiting.uri) if waiting else "",
        done=ctx.query.text("done", most=40),
        most_label=passkeys.MOST_LABEL,
    )
    return ctx.page("authenticators.html", model, twin=[{"id": model.user, "authenticators": model}])


def add_passkey(ctx: Context) -> Response:
    """Keep a new passkey."""
    _check_fresh(ctx)
    answer, label = ctx.form.text("passkey", most=passkeys.MOST_LETTERS), ctx.form.needed("label", most=100)
    made = passkeys.add(
        ctx.node, ctx.session.user, ctx.session.purpose, signin.binding(ctx.token), ctx.site.url, answer, label
    )
    return _told(ctx, made, "passkey")


def begin_codes(ctx: Context) -> Response:
    """Draw a secret for the user's app."""
    _check_fresh(ctx)
    codes.begin(ctx.node, ctx.session.user)
    return ctx.see_other(f"{HERE}#codes")


def confirm_codes(ctx: Context) -> Response:
    """Set up the passphrase and the app that made the code."""
    _check_fresh(ctx)
    passphrase, code = ctx.form.needed("passphrase"), ctx.form.needed("code", most=100)
    return _told(ctx, codes.confirm(ctx.node, ctx.session.user, ctx.session.purpose, passphrase, code), "codes")


def renew_recovery(ctx: Context) -> Response:
    """Make new recovery codes and show them, once."""
    _check_fresh(ctx)
    return _told(ctx, recovery.renew(ctx.node, ctx.session.user, ctx.session.purpose), "recovery")


def remove(ctx: Context) -> Response:
    """Remove a passkey, or the passphrase and the app."""
    _check_fresh(ctx)
    ref = ctx.form.text("passkey", most=100)
    if ref:
        authenticators.remove_passkey(ctx.node, ctx.session.user, ref, ctx.session.purpose)
    else:
        authenticators.remove_codes(ctx.node, ctx.session.user, ctx.session.purpose)
    return ctx.see_other(HERE, done="removed")


def _told(ctx: Context, made: tuple[str, ...], done: str) -> Response:
    """Go back and say what was done; new recovery codes are shown now or never, for nobody can read them again."""
    if not made:
        return ctx.see_other(HERE, done=done)
    ctx.more.update(done=done)
    return ctx.page("recovery.html", made)


def _check_fresh(ctx: Context) -> None:
    if ctx.signed is not None:
        signin.check_fresh(ctx.node, ctx.signed)


def _picture(uri: str) -> str:
    """Return what an app is told as a picture that it reads (ISO/IEC 18004), as a data address."""
    try:
        import segno
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "segno") from error
    return str(segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000"))


PAGES = (
    Page(HERE, "authenticators", show),
    Page(f"{HERE}/passkeys", "authenticators", add_passkey, "POST"),
    Page(f"{HERE}/codes", "authenticators", begin_codes, "POST"),
    Page(f"{HERE}/codes/confirm", "authenticators", confirm_codes, "POST"),
    Page(f"{HERE}/recovery", "authenticators", renew_recovery, "POST"),
    Page(f"{HERE}/remove", "authenticators", remove, "POST"),
)
