"""`case.jsonld`: exhibits and their custody as a CASE 1.5 and UCO graph that other case systems can read.

Every vertex bears a UUID made from the case and what it stands for (RFC 9562, version 5), so that the same case gives
the same bytes; the vertices of one exhibit bear one UUID behind names of their own. Persons appear only where they did
something to an exhibit. A large case has tens of thousands of vertices: each becomes bytes as soon as it is known,
written with its keys in order; the sealing, which happens to all exhibits at once, is one.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import sha1
from typing import Final
from uuid import NAMESPACE_URL

import orjson

from headwater.case.custody import CustodyEvent
from headwater.case.exhibit import Exhibit
from headwater.case.jsonld import document_of
from headwater.case.model import CaseFile
from headwater.case.protected import Shield
from headwater.model.ids import AuthorityId
from headwater.model.times import format_instant

Vertex = Mapping[str, object]
Pointer = dict[str, str]
_NAMESPACE: Final = NAMESPACE_URL.bytes
_VARIANT: Final = {f"{digit:x}": "89ab"[digit & 3] for digit in range(16)}

_BETWEEN: Final = "\nthe next text\n"
"""Stands between two texts, so that the end of one and the beginning of the next are no name."""

_CONTEXT: Final = {
    "kb": "http://example.org/kb/",
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "location": "https://ontology.unifiedcyberontology.org/uco/location/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


class Graph:
    """Gathers the vertices of one case."""

    def __init__(self, case: CaseFile, shield: Shield, pseudonyms: Mapping[str, str]) -> None:
        """Begin with nothing but the case."""
        self._case = case
        self._cover = shield.cover
        self._pseudonyms = pseudonyms
        self._lines: list[bytes] = []
        self._pointers: list[Pointer] = []
        self._uuids: dict[str, str] = {}
        self._places: dict[str, Pointer] = {}
        self._bodies: dict[str, Pointer] = {}
        self._texts: list[str] = []
        self._kinds: dict[str, bytes] = {}

    def add_exhibit(self, exhibit: Exhibit, path: str) -> None:
        """Add an exhibit, its file and the hash of it."""
        file, ref = exhibit.file, exhibit.ref
        uuid = self._uuids[ref] = self._uuid("exhibit", ref)
        digest = {
            "@id": f"kb:hash-{uuid}",
            "@type": "types:Hash",
            "types:hashMethod": "SHA256",
            "types:hashValue": _typed("hexBinary", file.sha256),
        }
        content = {
            "@id": f"kb:content-data-facet-{uuid}",
            "@type": "observable:ContentDataFacet",
            "observable:hash": [digest],
        }
        name, description = self._cover(file.path.rpartition("/")[2]), self._cover(exhibit.description)
        named = {
            "@id": f"kb:file-facet-{uuid}",
            "@type": "observable:FileFacet",
            "observable:fileName": name,
            "observable:filePath": path,
            "observable:sizeInBytes": _typed("integer", str(file.size)),
        }
        item = f"kb:file-{uuid}"
        self._add({"@id": item, "@type": "observable:File", "core:hasFacet": [named, content]}, item)
        record = f"kb:provenance-record-{uuid}"
        told = {
            "@id": record,
            "@type": "investigation:ProvenanceRecord",
            "core:description": description,
            "core:object": [self._pointers[-1]],
            "core:tag": [exhibit.handling, exhibit.status.value],
            "investigation:exhibitNumber": ref,
            "investigation:rootExhibitNumber": ref,
        }
        self._add(told, record)
        self._texts += (name, path, description, exhibit.handling, ref)

    def add_custody(self, exhibit: Exhibit, events: Iterable[CustodyEvent]) -> None:
        """Add what happened to an exhibit."""
        for number, event in enumerate(events, start=1):
            who, place = self._person(event.by), self._place(event.place)
            self._happened(f"{exhibit.ref} {number}", [exhibit], event.kind, event.at, place, who)
            self._texts.append(event.kind)

    def add_sealing(self, exhibits: Collection[Exhibit], authority: AuthorityId, at: datetime) -> None:
        """Add the sealing of exhibits, by an authority, at its node."""
        who = self._body("organization", authority, "identity:Organization", authority)
        if exhibits:
            self._happened("sealing", exhibits, "sealed", at, self._place(f"node {authority}"), who)

    def said(self) -> bytes:
        """Return every text in the graph that the case gave: all of it that can name anybody."""
        return _BETWEEN.join([*dict.fromkeys(self._texts), *self._heading()]).encode()

    def as_bytes(self) -> bytes:
        """Return the graph as JSON-LD."""
        title, focus = self._heading()
        whole = {
            "@id": f"kb:investigation-{self._uuid('investigation', '')}",
            "@type": "investigation:Investigation",
            "core:name": title,
            "core:object": self._pointers,
            "investigation:focus": focus,
        }
        return document_of(_CONTEXT, [orjson.dumps(whole), *self._lines])

    def _heading(self) -> tuple[str, str]:
        matter = self._case.matter
        return f"{matter.urn} {self._cover(matter.operation)}", self._cover(matter.purpose)

    def _happened(
        self, about: str, exhibits: Iterable[Exhibit], kind: str, at: datetime, place: Pointer, who: Pointer
    ) -> None:
        action = f"kb:investigative-action-{self._uuid('custody', about)}"
        when = _typed("dateTime", format_instant(at))
        uuids = [self._uuids[exhibit.ref] for exhibit in exhibits]
        told = {
            "@id": action,
            "@type": "investigation:InvestigativeAction",
            "action:endTime": when,
            "action:location": [place],
            "action:object": [{"@id": f"kb:file-{uuid}"} for uuid in uuids],
            "action:performer": who,
            "action:result": [{"@id": f"kb:provenance-record-{uuid}"} for uuid in uuids],
            "action:startTime": when,
            "core:name": kind,
        }
        self._add(told, action)

    def _place(self, place: str) -> Pointer:
        known = self._places.get(place)
        if known is None:
            # Covered before it is hashed into a name: the hash of an address can be guessed.
            covered = self._cover(place)
            known = self._places[place] = self._body("location", covered, "location:Location", covered)
        return known

    def _person(self, ref: str) -> Pointer:
        person = self._case.person(ref)
        if person is None:  # the ledger names users of the node, who need not be persons of the case
            return self._body("person", ref, "identity:Person", self._cover(ref))
        name = self._pseudonyms[ref] if person.protected else person.name
        return self._body("person", ref, "identity:Person", name)

    def _body(self, kind: str, about: str, term: str, name: str) -> Pointer:
        """Add who or where something was, and return a pointer to it."""
        vertex = f"kb:{kind}-{self._uuid(kind, about)}"
        if vertex not in self._bodies:
            self._add({"@id": vertex, "@type": term, "core:name": name}, vertex)
            self._bodies[vertex] = self._pointers[-1]
            self._texts.append(name)
        return self._bodies[vertex]

    def _add(self, vertex: Vertex, name: str) -> None:
        self._pointers.append({"@id": name})
        self._lines.append(orjson.dumps(vertex))

    def _uuid(self, kind: str, about: str) -> str:
        start = self._kinds.get(kind)
        if start is None:
            start = self._kinds[kind] = _NAMESPACE + f"headwater:{self._case.matter.urn}:{kind}:".encode()
        return _uuid5(start + about.encode())


def _uuid5(named: bytes) -> str:
    """Return what `uuid.uuid5` does, of namespace and name together; tens of thousands are made for a large case."""
    made = sha1(named, usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:32]}"


def _typed(kind: str, value: str) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": value}
