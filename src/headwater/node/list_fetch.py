"""Fetching official lists from their publishers: a whole, plausible, newer file takes the old one's place, or nothing does.

The address of each list is fixed here. A redirect that leaves the publisher's hosts is refused, since whoever answers
there is not the publisher; so is a list that has shrunk by more than a fifth, since a cut or wrong file looks like that.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from headwater.errors import InputError, PeerRefusedError, SchemaError
from headwater.exchange.asking import Question, Whom, ask
from headwater.formats import registry
from headwater.formats.reading import read_all
from headwater.formats.safe import MAX_FILE_BYTES
from headwater.model.times import format_instant
from headwater.node.files import make_folder, write
from headwater.node.loose import NOBODY
from headwater.ports import SourceInput

MOST_SHRINK: Final = 0.2
"""Share of its entries by which a list may shrink from one edition to the next; more looks like a cut or wrong file."""
TIMEOUT_S: Final = 300.0
"""Seconds until a whole list must be here."""
_PUBLISHER: Final = Whom("the publisher", MAX_FILE_BYTES, TIMEOUT_S, "see to the network; the old version stays")
_REDIRECTS: Final = 4
_MOVED: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Published:
    """Where a list is published.

    Attributes:
        format: the reader of its main file.
        files: file name and address of each file, the main one first.
        hosts: the publisher's hosts: no other is followed to.
    """

    format: str
    files: tuple[tuple[str, str], ...]
    hosts: frozenset[str]


_OFAC: Final = "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/"
_OFAC_HOSTS: Final = frozenset(
    {"sanctionslistservice.ofac.treas.gov", "sls-prod-publicationpreview-s3.s3.us-gov-west-1.amazonaws.com"}
)
PUBLISHED: Final = {
    "uk": Published(
        "uk-csv",
        (("UK-Sanctions-List.csv", "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.csv"),),
        frozenset({"sanctionslist.fcdo.gov.uk", "assets.publishing.service.gov.uk"}),
    ),
    "un": Published(
        "un-xml",
        (("consolidated.xml", "https://scsanctions.un.org/resources/xml/en/consolidated.xml"),),
        frozenset({"scsanctions.un.org", "unsolprodfiles.blob.core.windows.net"}),
    ),
    "ofac": Published(
        "ofac-csv",
        tuple((name, f"{_OFAC}{name.upper()}") for name in ("sdn.csv", "alt.csv", "add.csv")),
        _OFAC_HOSTS,
    ),
    "eu": Published(
        "eu-xml",
        (
            (
                "eu-full-list.xml",
                "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw",
            ),
        ),
        frozenset({"webgate.ec.europa.eu"}),
    ),
}
Get = Callable[[str, frozenset[str]], bytes]
"""Returns what an address gives; the hosts are those that may be asked."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching one list.

    Attributes:
        changed: whether the file is another than before.
    """

    name: str
    format: str
    file: Path
    version: str | None
    sha256: str
    entries: int
    before: int | None
    changed: bool

    def document(self) -> dict[str, Any]:
        """Return it as it stands in a document."""
        return {
            "list": self.name,
            "format": self.format,
            "file": str(self.file),
            "version": self.version,
            "sha256": self.sha256,
            "entries": self.entries,
            "entries_before": self.before,
            "changed": self.changed,
        }


def fetch(name: str, folder: Path, now: datetime, get: Get | None = None) -> Fetched:
    """Fetch a list into a folder of its own inside another.

    Args:
        name: ``uk``, ``un``, ``ofac`` or ``eu``.
        folder: where lists are kept.
        now: noted as the instant at which the list was seen to be current.
        get: how an address is asked; the network, where nothing else is said.

    Raises:
        SchemaError: there is no such list.
        PeerError: no network, another host, a file that is no such list, or one that has shrunk by more than a fifth; the
            old version stays.
    """
    published = PUBLISHED.get(name)
    if published is None:
        raise SchemaError("no list is fetched under this name", fix=f"use one of {', '.join(PUBLISHED)}")
    ask = get or https_get
    data = {file: ask(url, published.hosts) for file, url in published.files}
    main = published.files[0][0]
    version, entries = _checked(published, main, data)
    home = folder / name
    known = _note(home)
    before = known.get("entries")
    if isinstance(before, int) and entries < before * (1.0 - MOST_SHRINK):
        what = f"the {name} list has shrunk from {before} to {entries} entries, by more than {MOST_SHRINK:.0%}"
        raise PeerRefusedError(
            what, where=published.files[0][1], fix="look at the publisher's page; the old version stays"
        )
    sums = {file: hashlib.sha256(content).hexdigest() for file, content in data.items()}
    edition = home / sums[main][:16]
    make_folder(edition)
    for file, content in data.items():
        write(edition / file, content)
    note = {"format": published.format, "file": f"{edition.name}/{main}", "version": version, "entries": entries,
            "sha256": sums[main], "fetched": format_instant(now)}  # fmt: skip
    # One small file names the edition in force: until it is replaced, which is one step, the old edition stays.
    write(home / "current.json", json.dumps(note, indent=1).encode() + b"\n")
    return Fetched(
        name, published.format, edition / main, version, sums[main], entries, before, sums[main] != known.get("sha256")
    )


def current(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what was fetched last of each list in a folder."""
    return {name: note for name in PUBLISHED if (note := _note(folder / name))}


def _note(home: Path) -> dict[str, Any]:
    try:
        found = json.loads((home / "current.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _checked(published: Published, main: str, data: dict[str, bytes]) -> tuple[str | None, int]:
    given = SourceInput(main, data[main], data.get, NOBODY)
    try:
        records = read_all(registry.source(published.format), given).records
    except InputError as error:
        what = f"what the publisher sent is no such list: {error.what}"
        raise PeerRefusedError(what, where=str(error.where), fix="the old version stays; try again later") from error
    return records[0].origin.version, len(records)


def https_get(url: str, hosts: frozenset[str]) -> bytes:
    """Return what an address gives, over TLS, following the publisher's own redirects only.

    Raises:
        PeerError: it cannot be reached, leads to another host, or answers with anything but a file.
    """
    for _ in range(_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme != "https" or parts.hostname not in hosts:
            fix = "see whether the publisher has moved; the old version stays"
            raise PeerRefusedError(
                "the list is answered from another host", where=f"{parts.scheme}://{parts.hostname}", fix=fix
            )
        reply = ask(_PUBLISHER, parts, Question(headers={"Accept": "*/*"}))
        moved = reply.headers.get("Location")
        if reply.status in _MOVED and moved:
            url = urljoin(url, moved)
            continue
        if reply.status != HTTPStatus.OK:
            raise PeerRefusedError(
                f"the publisher answered {reply.status}", where=parts.hostname, fix="try again later"
            )
        return reply.data
    raise PeerRefusedError(f"over {_REDIRECTS} redirects", where=url, fix="the old version stays")
