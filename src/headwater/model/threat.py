"""Observables: what an indicator says to look for, each in the one form in which it is compared.

An indicator's record says them as ``keywords`` of its entity, in the words below, so that an engine needs to know neither
STIX nor MISP. An indicator whose conditions must hold together says so, for one of them alone proves less.
"""

import ipaddress
import re
from typing import Final

KINDS: Final = ("account", "address", "domain", "email", "phone", "url", "wallet")
"""Kinds of observables that are looked for in payments, messages, listings and records."""
CONTENT: Final = "summary"
"""Property under which a record keeps an object of threat intelligence as it was received, as JSON."""
REVOKED: Final = "indicator:revoked"
TOGETHER: Final = "indicator:together"
"""Its observables are meant to be seen together."""
_WORD: Final = "observable:"
_VALID: Final = "indicator:valid "
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
"""An address of version 4 in its one form, which the library reads in ten times the time."""
_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ()./-]{5,30}")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_WALLET: Final = re.compile(r"[A-Za-z0-9]{14,128}")
_ACCOUNT: Final = re.compile(r"[A-Z0-9]{5,40}")
_LONGEST: Final = 2_000
_LEAST_DIGITS: Final = 7


def observable(kind: str, text: str) -> str | None:
    """Return a value in the form in which it is compared, None where it can be none of its kind.

    Addresses in the compressed form of RFC 5952, domains and e-mail in small letters as ASCII, telephone numbers as
    digits with the country code first, wallets in small letters where their letters carry no case (hex and bech32).
    """
    plain = text.strip().replace("[.]", ".").replace("[@]", "@")
    if not plain or len(plain) > _LONGEST:
        return None
    return _FORMS[kind](plain)


def word(kind: str, value: str) -> str:
    """Return how a record says one observable."""
    return f"{_WORD}{kind}={value}"


def read_word(text: str) -> tuple[str, str] | None:
    """Return kind and value of an observable, None where a text says none."""
    kind, equals, value = text.removeprefix(_WORD).partition("=")
    return (kind, value) if text.startswith(_WORD) and equals and kind in KINDS and value else None


def valid_word(begins: str, ends: str | None) -> str:
    """Return how a record says from when to when an indicator holds: RFC 3339, the end open where there is none."""
    return f"{_VALID}{begins}/{ends or ''}"


def read_valid(text: str) -> tuple[str, str] | None:
    """Return from when to when an indicator holds, None where a text does not say."""
    begins, slash, ends = text.removeprefix(_VALID).partition("/")
    return (begins, ends) if text.startswith(_VALID) and slash else None


def _address(text: str) -> str | None:
    if _IPV4.fullmatch(text):
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _domain(text: str) -> str | None:
    try:
        plain = text.rstrip(".").lower().encode("idna").decode() if not text.isascii() else text.rstrip(".").lower()
    except UnicodeError:
        return None
    return plain if _DOMAIN.fullmatch(plain) else None


def _email(text: str) -> str | None:
    user, at, host = text.rpartition("@")
    domain = _domain(host) if at and user else None
    return f"{user.lower()}@{domain}" if domain and not re.search(r"\s", user) else None


def _phone(text: str) -> str | None:
    if not _NUMBER.fullmatch(text):
        return None
    digits = re.sub(r"[^0-9]", "", text)
    digits = digits.removeprefix("00")
    return digits if len(digits) >= _LEAST_DIGITS else None


def _url(text: str) -> str | None:
    plain = re.sub(r"^hxxp", "http", text, flags=re.IGNORECASE)
    scheme, middle, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}://{host.lower()}{slash}{path}" if middle and host and scheme.isalnum() else None


def _wallet(text: str) -> str | None:
    if not _WALLET.fullmatch(text):
        return None
    return text.lower() if text[:2].lower() == "0x" or text[:3].lower() in {"bc1", "tb1", "ltc"} else text


def _account(text: str) -> str | None:
    plain = re.sub(r"[ -]", "", text).upper()
    return plain if _ACCOUNT.fullmatch(plain) else None


_FORMS: Final = {
    "account": _account,
    "address": _address,
    "domain": _domain,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "wallet": _wallet,
}
