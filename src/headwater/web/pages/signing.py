"""Signing in by ticket, passkey or codes, signing out, and choosing a language."""

from urllib.parse import urlsplit

from starlette.responses import Response

from headwater.errors import Place, SchemaError
from headwater.node import oidc, passkeys, signin
from headwater.policy.purposes import PURPOSES
from headwater.web.page import Context, Page
from headwater.web.words import LANGUAGES

START = "/"
SESSION_S = int(signin.SESSION_FOR.total_seconds())


def ask(ctx: Context) -> Response:
    """Show the form: what the session is for, and the ways in; a ticket that its address brings is the only one asked for."""
    ticket = ctx.query.text("ticket", most=100)
    options = "" if ticket or not passkeys.can(ctx.site.url) else passkeys.options(ctx.node, ctx.site.url)
    issuer = "" if ticket else urlsplit(ctx.node.settings.oidc_issuer).netloc
    ctx.more.update(
        ticket=ticket, next=_within(ctx.query.text("next")), purposes=PURPOSES, options=options, issuer=issuer
    )
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


def begin(ctx: Context) -> Response:
    """Send the browser to the provider: by a page of ours, since no form of ours may lead elsewhere."""
    chosen = ctx.form.text("language", most=20)
    begun = oidc.begin(
        ctx.node,
        ctx.site.url,
        ctx.form.needed("purpose", most=100),
        chosen if chosen in LANGUAGES else "",
        _within(ctx.form.text("next")),
    )
    ctx.more.update(address=begun.address, host=urlsplit(begun.address).netloc)
    answer = ctx.page("oidc-go.html", None)
    # Lax: the provider's answer comes from another site, and must bring it.
    answer.set_cookie(
        f"{ctx.site.cookie}-oidc", begun.browser, max_age=int(oidc.ANSWER_FOR.total_seconds()), path="/", secure=True,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


def come_back(ctx: Context) -> Response:
    """Take the provider's answer and begin a session.

    The next page is asked for by a page of ours: a browser that comes from elsewhere does not bring a strict cookie yet.
    """
    told = {name: ctx.query.text(name, most=4000) for name in ("state", "code", "iss", "error")}
    answer_of = {name: value for name, value in told.items() if value}
    token, following = signin.by_provider(ctx.node, ctx.site.url, answer_of, ctx.oidc_secret)
    ctx.more.update(address=following or START)
    answer = ctx.page("oidc-in.html", None)
    answer.set_cookie(
        ctx.site.cookie, token, max_age=SESSION_S, path="/", secure=True, httponly=True, samesite="strict"
    )
    answer.delete_cookie(f"{ctx.site.cookie}-oidc", path="/", secure=True, httponly=True, samesite="lax")
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
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if good else ""


PAGES = (
    Page("/sign-in", "sign-in", ask),
    Page("/sign-in", "sign-in", enter, "POST"),
    Page("/sign-in/oidc", "sign-in", begin, "POST"),
    Page("/sign-in/oidc", "sign-in", come_back),
    Page("/sign-out", "sign-in", leave, "POST"),
    Page("/language", "sign-in", speak, "POST"),
)
