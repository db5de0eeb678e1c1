"""Signing in by ticket, signing out, and choosing a language."""

from starlette.responses import Response

from headwater.node import signin
from headwater.policy.purposes import PURPOSES
from headwater.web.page import Context, Page
from headwater.web.words import LANGUAGES

START = "/"
SESSION_S = int(signin.SESSION_FOR.total_seconds())


def ask(ctx: Context) -> Response:
    """Show the form: a ticket, brought by its address or typed, and what the session is for."""
    ctx.more.update(ticket=ctx.query.text("ticket", most=100), next=_within(ctx.query.text("next")), purposes=PURPOSES)
    return ctx.page("sign-in.html", None)


def enter(ctx: Context) -> Response:
    """Use up the ticket and begin a session; a cookie from before is worth nothing afterwards."""
    language = ctx.form.text("language", most=20)
    if ctx.token:
        signin.sign_out(ctx.node, ctx.token)
    ticket, purpose = ctx.form.needed("ticket", most=100), ctx.form.needed("purpose", most=100)
    token = signin.redeem(ctx.node, ticket, purpose, language if language in LANGUAGES else "")
    answer = ctx.see_other(_within(ctx.form.text("next")) or START)
    answer.set_cookie(
        ctx.site.cookie, token, max_age=SESSION_S, path="/", secure=True, httponly=True, samesite="strict"
    )
    return answer


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
