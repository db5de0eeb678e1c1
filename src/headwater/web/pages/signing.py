"""Signing in by ticket, passkey or codes, signing out, and choosing a language."""

from starlette.responses import Response

from headwater.errors import Place, SchemaError
from headwater.node import passkeys, signin
from headwater.policy.purposes import PURPOSES
from headwater.web.page import Context, Page
from headwater.web.words import LANGUAGES

START = "/"
SESSION_S = int(signin.SESSION_FOR.total_seconds())


def ask(ctx: Context) -> Response:
    """Show the form: what the session is for, and the ways in; a ticket that its address brings is the only one asked for."""
    ticket = ctx.query.text("ticket", most=100)
    options = "" if ticket or not passkeys.can(ctx.site.url) else passkeys.options(ctx.node, ctx.site.url)
    ctx.more.update(ticket=ticket, next=_within(ctx.query.text("next")), purposes=PURPOSES, options=options)
    return ctx.page("sign-in.html", None)


def enter(ctx: Context) -> Response:
    """Take a ticket, a passkey or codes and begin a session; a cookie from before is worth nothing afterwards."""
    if ctx.token:
        signin.sign_out(ctx.node, ctx.token)
    token = _token(ctx)
    answer = ctx.see_other(_within(ctx.form.text("next")) or START)
    answer.set_cookie(
        ctx.site.cookie, token, max_age=SESSION_S, path="/", secure=True, httponly=True, samesite="strict"
    )
    return answer


def _token(ctx: Context) -> str:
    chosen, purpose = ctx.form.text("language", most=20), ctx.form.needed("purpose", most=100)
    language = chosen if chosen in LANGUAGES else ""
    passkey = ctx.form.text("passkey", most=passkeys.MOST_LETTERS)
    if passkey:
        return signin.by_passkey(ctx.node, ctx.site.url, passkey, purpose, language)
    ticket, user = ctx.form.text("ticket", most=100), ctx.form.text("user", most=100)
    if ticket:
        return signin.redeem(ctx.node, ticket, purpose, language)
    if not user:
        raise SchemaError(
            "nothing to sign in with", where=Place(field="ticket"), fix="give a name and a code, or a ticket"
        )
    code = ctx.form.needed("code", most=100)
    return signin.by_codes(ctx.node, user, ctx.form.text("passphrase"), code, purpose, language)


def leave(ctx: Context) -> Response:
    """End the session."""
    signin.sign_out(ctx.node, ctx.token)
    answer = ctx.see_other("/sign-in")
    answer.delete_cookie(ctx.site.cookie, path="/", secure=True, httponly=True, samesite="strict")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def speak(ctx: Context) -> Response:
    """Switch the language of the session, and go back to where the user was."""
    signin.speak(ctx.node, ctx.token, ctx.form.choice("language", "", tuple(LANGUAGES)))
    return ctx.see_other(_within(ctx.form.text("next")) or START)


def _within(path: str) -> str:
    """Return a path of this page, empty for anything else: no form may send somebody elsewhere."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()
    return path if good else ""


PAGES = (
    Page("/sign-in", "sign-in", ask),
    Page("/sign-in", "sign-in", enter, "POST"),
    Page("/sign-out", "sign-in", leave, "POST"),
    Page("/language", "sign-in", speak, "POST"),
)
