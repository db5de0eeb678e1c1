"""`case.jsonld`: exhibits and their custody as a CASE 1.5 and UCO graph that other case systems can read.

Every vertex bears a UUID made from the case and what it stands for (RFC 9562, version 5), so that the same case gives
the same bytes. Persons appear only where they did something to an exhibit.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha1
from typing import Final
from uuid import NAMESPACE_URL

from headwater.case.custody import CustodyEvent
from headwater.case.exhibit import Exhibit
from headwater.case.jsonld import document_bytes
from headwater.case.model import CaseFile
from headwater.case.protected import Shield
from headwater.model.ids import AuthorityId
from headwater.model.times import format_instant

Vertex = dict[str, object]
_NAMESPACE: Final = NAMESPACE_URL.bytes
_UUID_LETTERS: Final = 36
_VARIANT: Final = {f"{digit:x}": "89ab"[digit & 3] for digit in range(16)}

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
        self._vertices: dict[str, Vertex] = {}
        self._pointers: dict[str, tuple[Vertex, Vertex]] = {}
        self._places: dict[str, Vertex] = {}
        self._kinds: dict[str, bytes] = {}

    def add_exhibit(self, exhibit: Exhibit, path: str) -> None:
        """Add an exhibit, its file and the hash of it."""
        file = exhibit.file
        digest = self._part("hash", exhibit.ref, "types:Hash")
        digest["types:hashMethod"] = "SHA256"
        digest["types:hashValue"] = _typed("hexBinary", file.sha256)
        content = self._part("content-data-facet", exhibit.ref, "observable:ContentDataFacet")
        content["observable:hash"] = [digest]
        named = self._part("file-facet", exhibit.ref, "observable:FileFacet")
        named["observable:fileName"] = self._cover(file.path.rpartition("/")[2])
        named["observable:filePath"] = path
        named["observable:sizeInBytes"] = _typed("integer", str(file.size))
        item = self._vertex("file", exhibit.ref, "observable:File")
        item["core:hasFacet"] = [named, content]
        self._pointers[exhibit.ref] = _pointer(item), {"@id": self._name("provenance-record", exhibit.ref)}
        record = self._vertex("provenance-record", exhibit.ref, "investigation:ProvenanceRecord")
        record["core:description"] = self._cover(exhibit.description)
        record["core:tag"] = [exhibit.handling, exhibit.status.value]
        record["core:object"] = [_pointer(item)]
        record["investigation:exhibitNumber"] = exhibit.ref
        record["investigation:rootExhibitNumber"] = exhibit.ref

    def add_custody(self, exhibit: Exhibit, events: Iterable[CustodyEvent]) -> None:
        """Add what happened to an exhibit."""
        for number, event in enumerate(events, start=1):
            who = self._person(event.by)
            self._happened(exhibit, number, event.kind, event.at, event.place, who)

    def add_sealing(self, exhibits: Sequence[Exhibit], authority: AuthorityId, at: datetime) -> None:
        """Add the sealing of exhibits, by an authority, at its node."""
        who = self._vertex("organization", authority, "identity:Organization")
        who["core:name"] = authority
        for exhibit in exhibits:
            self._happened(exhibit, 0, "sealed", at, f"node {authority}", who)

    def as_bytes(self) -> bytes:
        """Return the graph as JSON-LD."""
        matter = self._case.matter
        others = sorted(self._vertices.values(), key=lambda vertex: str(vertex["@id"]))
        whole = self._vertex("investigation", "", "investigation:Investigation")
        whole["core:name"] = f"{matter.urn} {self._cover(matter.operation)}"
        whole["investigation:focus"] = self._cover(matter.purpose)
        whole["core:object"] = [_pointer(vertex) for vertex in others]
        return document_bytes(_CONTEXT, [whole, *others])

    def _happened(self, exhibit: Exhibit, number: int, name: str, at: datetime, place: str, who: Vertex) -> None:
        item, record = self._pointers[exhibit.ref]
        action = self._vertex("investigative-action", f"{exhibit.ref} {number}", "investigation:InvestigativeAction")
        action["core:name"] = name
        action["action:startTime"] = action["action:endTime"] = _typed("dateTime", format_instant(at))
        action["action:performer"] = _pointer(who)
        action["action:location"] = [self._place(place)]
        action["action:object"] = [item]
        action["action:result"] = [record]

    def _place(self, place: str) -> Vertex:
        """Return a pointer to a place."""
        known = self._places.get(place)
        if known is None:
            # Covered before it is hashed into a name: the hash of an address can be guessed.
            covered = self._cover(place)
            where = self._vertex("location", covered, "location:Location")
            where["core:name"] = covered
            known = self._places[place] = _pointer(where)
        return known

    def _person(self, ref: str) -> Vertex:
        person = self._case.person(ref)
        vertex = self._vertex("person", ref, "identity:Person")
        if person is None:
            # The ledger names users of the node, who need not be persons of the case.
            vertex["core:name"] = self._cover(ref)
        else:
            vertex["core:name"] = self._pseudonyms[ref] if person.protected else person.name
        return vertex

    def _name(self, kind: str, about: str) -> str:
        start = self._kinds.get(kind)
        if start is None:
            start = self._kinds[kind] = _NAMESPACE + f"headwater:{self._case.matter.urn}:{kind}:".encode()
        return f"kb:{kind}-{_uuid5(start + about.encode())}"

    def _part(self, kind: str, about: str, term: str) -> Vertex:
        return {"@id": self._name(kind, about), "@type": term}

    def _vertex(self, kind: str, about: str, term: str) -> Vertex:
        vertex = self._part(kind, about, term)
        return self._vertices.setdefault(str(vertex["@id"]), vertex)


def _uuid5(named: bytes) -> str:
    """Return what `uuid.uuid5` does, of namespace and name together; tens of thousands are made for a large case."""
    made = sha1(named, usedforsecurity=False).hexdigest()
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{_VARIANT[made[16]]}{made[17:20]}-{made[20:]}"[:_UUID_LETTERS]


def _pointer(vertex: Vertex) -> Vertex:
    return {"@id": vertex["@id"]}


def _typed(kind: str, value: str) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": value}
