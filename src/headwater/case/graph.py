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
        self._names: dict[tuple[str, str], str] = {}

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
        # Covered before it is hashed into a name: the hash of an address can be guessed.
        covered = self._cover(place)
        where = self._vertex("location", covered, "location:Location")
        where["core:name"] = covered
        action = self._vertex("investigative-action", f"{exhibit.ref} {number}", "investigation:InvestigativeAction")
        action["core:name"] = name
        action["action:startTime"] = action["action:endTime"] = _typed("dateTime", format_instant(at))
        action["action:performer"] = _pointer(who)
        action["action:location"] = [_pointer(where)]
        action["action:object"] = [self._at("file", exhibit.ref)]
        action["action:result"] = [self._at("provenance-record", exhibit.ref)]

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
        name = self._names.get((kind, about))
        if name is None:
            text = f"headwater:{self._case.matter.urn}:{kind}:{about}"
            name = self._names[kind, about] = f"kb:{kind}-{_uuid5(text)}"
        return name

    def _part(self, kind: str, about: str, term: str) -> Vertex:
        return {"@id": self._name(kind, about), "@type": term}

    def _vertex(self, kind: str, about: str, term: str) -> Vertex:
        vertex = self._part(kind, about, term)
        return self._vertices.setdefault(str(vertex["@id"]), vertex)

    def _at(self, kind: str, about: str) -> Vertex:
        return {"@id": self._name(kind, about)}


def _uuid5(text: str) -> str:
    """Return what `uuid.uuid5(NAMESPACE_URL, text)` does; tens of thousands are made for a large case."""
    made = sha1(_NAMESPACE + text.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(made[16], 16) & 3]
    return f"{made[:8]}-{made[8:12]}-5{made[13:16]}-{variant}{made[17:20]}-{made[20:32]}"


def _pointer(vertex: Vertex) -> Vertex:
    return {"@id": vertex["@id"]}


def _typed(kind: str, value: str) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": value}
