"""A node's settings: one frozen value, parsed once and passed down.

Three origins, each stronger than the one before: the file ``headwater.toml`` in the node's directory, environment
variables ``HEADWATER_*``, flags of the command. An unknown key is refused.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headwater.errors import HeadwaterError, Place, SettingsError
from headwater.model.ids import AuthorityId, authority_id
from headwater.model.map_view import MapView, read_map_view

FILE_NAME: Final = "headwater.toml"
ENV_PREFIX: Final = "HEADWATER_"
ENVIRONMENT: Final = "environment"
HOME_ENV: Final = "HEADWATER_HOME"
NOT_SETTINGS: Final = frozenset({"HOME", "USER", "PURPOSE", "SHARED", "REQUIRE_SHARED", "TRACEBACK", "BOOTSTRAP"})
"""Variables with the prefix that say where, who and why, or how headwater is installed and tested."""
HIGHEST_PORT: Final = 65535
NO_PAGE: Final = "none"
"""Instead of an address: the node serves no page for its officers."""
MOST_DAYS: Final = 36_500
"""Longest duration that a setting may have, so that no date computed with it leaves the calendar."""
_SURROGATES: Final = range(0xD800, 0xE000)


def setting(default: Any, doc: str, *, secret: bool = False) -> Any:  # noqa: ANN401 - any type a setting may have
    """Return a dataclass field that knows its meaning."""
    return field(default=default, metadata={"doc": doc, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one node is set up. Durations bear their unit in the name."""

    authority: AuthorityId = setting(
        AuthorityId("XX-NOBODY"), "The authority this node belongs to, as STATE-AUTHORITY."
    )
    name: str = setting("", "The name shown to people at this node; takes no side on statehood or borders.")
    listen: str = setting("127.0.0.1:8800", "HOST:PORT that the partner's HTTP API listens on.")
    endpoint: str = setting(
        "", "URL at which partners reach this node; goes onto the card. Empty: http:// and `listen`."
    )
    page: str = setting("127.0.0.1:8700", "HOST:PORT that the analyst's page listens on, or none.")
    page_url: str = setting(
        "", "Public URL of the analyst's page behind a proxy or with TLS, https://HOST; needed off the loopback."
    )
    oidc_issuer: str = setting(
        "", "OpenID provider that officers may sign in with, as it calls itself, https://HOST[/PATH]; empty: none."
    )
    oidc_client: str = setting("", "What this node is called at the OpenID provider (client_id).")
    oidc_secret: str = setting(
        "", "This node's secret at the OpenID provider; empty for a client with PKCE alone.", secret=True
    )
    oidc_claim: str = setting(
        "preferred_username", "Claim of the OpenID provider that is the name of a user of this node."
    )
    zone: str = setting("Etc/UTC", "Time zone of this authority (IANA name); deadlines in days are counted in it.")
    message_days: int = setting(7, "Days after which a message that could not be delivered expires, unless it says so.")
    list_stale_days: int = setting(3, "Days after which an answer says that a sanctions list is stale.")
    min_score: float = setting(0.70, "Score from which a screened name is a finding, 0 to 1.")
    sync_every_s: float = setting(3600.0, "Seconds between two syncs with a partner: missing messages, cosigned logs.")
    database: str = setting(
        "",
        "PostgreSQL database that keeps the store, postgresql://HOST/NAME; empty: SQLite. A password belongs into ~/.pgpass.",
    )
    busy_wait_s: float = setting(10.0, "Seconds to wait for another process that holds the store.")
    first_responder: bool = setting(
        default=False, doc="Whether this organisation may refer possible victims by itself; else it hands them over."
    )
    task_h: float = setting(24.0, "Hours until a trained person must have looked at an indicator of trafficking.")
    notify_h: float = setting(
        0.0, "Hours until a duty to notify (Modern Slavery Act 2015, s.52) must be done; 0: no such duty here."
    )
    vault_days: int = setting(1825, "Days after which an entry of the vault is due for erasure.")
    plugins: str = setting("", "Engines and data sources of other packages that may be loaded, with commas between.")
    map: MapView = setting(
        MapView(),
        'How the map draws lines and names: tables [map.boundaries."RS-XK"] and [map.names.XK]; in the file only.',
    )

    def __post_init__(self) -> None:
        """Refuse values that no node could work with."""
        try:
            authority_id(self.authority)
        except HeadwaterError as error:
            raise _refused("authority", error.what) from error
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise _refused("zone", "no such time zone") from error
        if _address_of(self.listen) is None:
            raise _refused("listen", "not HOST:PORT")
        if self.endpoint and not _is_url(self.endpoint):
            raise _refused("endpoint", "not http://HOST:PORT or https://HOST:PORT")
        if not 0.0 < self.min_score < 1.0:
            raise _refused("min_score", "not between 0 and 1")
        for name in ("message_days", "list_stale_days", "busy_wait_s", "sync_every_s", "task_h", "vault_days"):
            if not 0 < getattr(self, name) <= MOST_DAYS:
                raise _refused(name, f"not above zero and at most {MOST_DAYS}")
        if not 0 <= self.notify_h <= MOST_DAYS:
            raise _refused("notify_h", f"not zero to {MOST_DAYS}")
        self._check_page()
        self._check_database()
        if any(ord(letter) in _SURROGATES for letter in self.name):
            raise _refused("name", "not text in UTF-8")

    def _check_database(self) -> None:
        if self.database and not self.database.startswith(("postgresql://", "postgres://")):
            raise _refused("database", "not postgresql://HOST/NAME")
        if urlsplit(self.database).password is not None:
            raise _refused("database", "a password in it: put that into ~/.pgpass or a service file")

    def _check_page(self) -> None:
        if self.page != NO_PAGE and _address_of(self.page) is None:
            raise _refused("page", "neither HOST:PORT nor none")
        if self.page_url and not _is_origin(self.page_url):
            raise _refused("page_url", "not https://HOST or https://HOST:PORT")
        if self.oidc_issuer and not _is_issuer(self.oidc_issuer):
            raise _refused("oidc_issuer", "not https://HOST[/PATH], or http:// on this machine")
        if self.oidc_issuer and not (self.oidc_client and self.oidc_claim):
            raise _refused("oidc_client", "a provider without what this node is called there, or without a claim")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on; an IPv6 address without its brackets."""
        return _address_of(self.listen) or ("", 0)

    @property
    def page_address(self) -> tuple[str, int] | None:
        """Host and port of the analyst's page, None where it is switched off."""
        return None if self.page == NO_PAGE else _address_of(self.page)

    @property
    def plugin_names(self) -> frozenset[str]:
        """Names of engines and data sources of other packages that may be loaded."""
        return frozenset(name.strip() for name in self.plugins.split(",") if name.strip())

    @property
    def public_endpoint(self) -> str:
        """The URL that goes onto the card."""
        return self.endpoint or f"http://{self.listen}"


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting as it is in force: its value, where that comes from, what it means."""

    name: str
    value: str
    origin: str
    doc: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the origin of each value."""

    settings: Settings
    origins: tuple[Origin, ...]


def load(home: Path, env: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Loaded:
    """Return the settings of the node in a directory.

    Args:
        home: the node's directory.
        env: environment variables.
        flags: values given on the command line; None values are not given.

    Raises:
        SettingsError: no node is set up there, or a key or value is refused; names the origin.
    """
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for origin, given in (
        (FILE_NAME, _from_file(home / FILE_NAME)),
        (ENVIRONMENT, _from_env(env)),
        ("flag", {key: value for key, value in (flags or {}).items() if value is not None}),
    ):
        for key, value in given.items():
            values[key] = _typed(key, value, origin)
            origins[key] = origin
    try:
        settings = Settings(**values)  # type: ignore[arg-type] # each value was brought to its field's type above
    except SettingsError as error:
        raise _refused(error.where.field or "", error.what, origins.get(error.where.field or "")) from error
    shown = tuple(
        Origin(
            one.name,
            "(secret)" if one.metadata["secret"] else str(getattr(settings, one.name)),
            origins.get(one.name, "default"),
            one.metadata["doc"],
        )
        for one in fields(Settings)
    )
    return Loaded(settings, shown)


def to_toml(settings: Settings) -> str:
    """Return a settings file that says what differs from the defaults, each line with its meaning."""
    lines = ["# Settings of this headwater node. See: headwater node settings --show", ""]
    for one in fields(Settings):
        value = getattr(settings, one.name)
        if value != one.default:
            lines += [f"# {one.metadata['doc']}", f"{one.name} = {_toml(value)}", ""]
    return "\n".join(lines)


def _from_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            "no node is set up here",
            where=str(path.parent),
            fix="set one up with: headwater node init --home DIR --authority STATE-AUTHORITY",
        ) from None
    except OSError as error:
        raise SettingsError(f"the settings cannot be read: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"not TOML: {error}", where=str(path)) from error


def _from_env(env: Mapping[str, str]) -> dict[str, object]:
    names = {key.removeprefix(ENV_PREFIX) for key in env if key.startswith(ENV_PREFIX)} - NOT_SETTINGS
    return {name.lower(): env[ENV_PREFIX + name] for name in sorted(names)}


def _typed(key: str, value: object, origin: str) -> object:
    """Return a value as its setting's type: text is read where it can be nothing else, nothing is rounded."""
    defaults: dict[str, Any] = {one.name: one.default for one in fields(Settings)}
    if key not in defaults:
        near = get_close_matches(key, defaults, 1)
        fix = f"remove it; did you mean '{near[0]}'?" if near else "remove it"
        raise SettingsError("an unknown setting", where=Place(file=origin, field=key), fix=fix)
    wanted = type(defaults[key])
    if wanted is MapView:
        return _map_view(value, origin)
    if origin == ENVIRONMENT and wanted is bool:
        value = {"true": True, "false": False}.get(str(value).lower(), value)
    elif origin == ENVIRONMENT and isinstance(value, str):
        try:
            value = wanted(value)
        except ValueError as error:
            raise _refused(key, f"not {wanted.__name__}", origin) from error
    elif wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise _refused(key, f"not {wanted.__name__}", origin)
    return value


def _map_view(value: object, origin: str) -> MapView:
    try:
        return read_map_view(value)
    except SettingsError as error:
        raise _refused(error.where.field or "map", error.what, origin) from error


def _refused(name: str, what: str, origin: str | None = None) -> SettingsError:
    return SettingsError(what, where=Place(file=origin, field=name))


def _address_of(text: str) -> tuple[str, int] | None:
    """Return the host and port that a text names, None where it names none."""
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) <= HIGHEST_PORT:
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)


def _is_origin(text: str) -> bool:
    """Return whether a text is the address of a page behind TLS, and nothing else."""
    try:
        parts = urlsplit(text)
        return text == f"https://{parts.netloc}" and "@" not in parts.netloc and bool(parts.hostname)
    except ValueError:
        return False


def _is_issuer(text: str) -> bool:
    """Return whether a text can be an OpenID issuer: TLS, or this machine; no query, no fragment (Discovery 1.0, section 3)."""
    try:
        parts = urlsplit(text)
        here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
        return (
            (parts.scheme == "https" or here)
            and bool(parts.hostname)
            and not (parts.query or parts.fragment or "@" in parts.netloc)
        )
    except ValueError:
        return False


def _is_url(text: str) -> bool:
    """Return whether a card can bear it: scheme, host and port, and nothing else."""
    try:
        parts = urlsplit(text)
        whole = text == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        return whole and parts.scheme in {"http", "https"} and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        return False


def _toml(value: object) -> str:
    """Return a value as TOML writes it: the escapes of JSON are those of a TOML string, but for one letter."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, MapView):
        lines = {
            pair: {"style": one.style.value, "label": one.label, "footnote": one.footnote}
            for pair, one in value.boundaries.items()
        }
        return _toml({"boundaries": lines, "names": value.names})
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
