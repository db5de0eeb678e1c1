"""What the readers of official lists share: one list entry gathered fact by fact, then made one record."""

import hashlib
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import is_person

PUBLISHED: Final = Handling(
    purposes=UNRESTRICTED.purposes, releasable_to=UNRESTRICTED.releasable_to, codes=frozenset({"TLP:CLEAR"})
)
"""Handling of a published list: anybody may use it and pass it on."""

_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_SCRIPTS: Final = (
    (re.compile("[\u0400-\u052f]"), "Cyrl"),
    (re.compile("[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff]"), "Arab"),
    (re.compile("[\uac00-\ud7af\u1100-\u11ff]"), "Hang"),
    (re.compile("[\u3040-\u30ff]"), "Jpan"),
    (re.compile("[\u4e00-\u9fff]"), "Hani"),
    (re.compile("[\u0590-\u05ff]"), "Hebr"),
    (re.compile("[\u0370-\u03ff]"), "Grek"),
    (re.compile("[\u1000-\u109f]"), "Mymr"),
    (re.compile("[\u0530-\u058f]"), "Armn"),
    (re.compile("[\u10a0-\u10ff]"), "Geor"),
    (re.compile("[\u0900-\u097f]"), "Deva"),
    (re.compile("[\u1200-\u137f]"), "Ethi"),
)
_LANGUAGE_CODES: Final = """
albanian sq, amharic am, arabic ar, armenian hy, belarusian be, bosnian bs, bulgarian bg, burmese my, chinese zh,
croatian hr, dari prs, english en, farsi fa, french fr, georgian ka, greek el, hebrew he, hindi hi, korean ko,
kurdish ku, macedonian mk, montenegrin cnr, pashto ps, persian fa, russian ru, serbian sr, spanish es, tigrinya ti,
turkish tr, ukrainian uk, urdu ur
"""
_LANGUAGES: Final = dict(re.findall(r"([a-z]+) ([a-z]+)", _LANGUAGE_CODES))


@dataclass(slots=True)
class Entry:
    """One designation while it is being read.

    Attributes:
        key: the list's own identifier behind its short name, for example ``uk:TEST0001``.
        schema: FollowTheMoney entity type of who or what is designated.
    """

    key: EntityKey
    schema: str
    facts: dict[Fact, None] = field(default_factory=dict)
    things: dict[EntityKey, str] = field(default_factory=dict)

    @property
    def sanction(self) -> EntityKey:
        """The key of the designation itself, as against whom it is about."""
        return EntityKey(f"{self.key}#sanction")

    def say(self, prop: str, value: str, *, lang: str | None = None, original: str | None = None) -> None:
        """Add a fact about who or what is designated; a blank value says nothing."""
        self._add(self.key, prop, value, lang, original)

    def decree(self, prop: str, value: str, *, original: str | None = None) -> None:
        """Add a fact about the designation itself."""
        self._add(self.sanction, prop, value, None, original)

    def note(self, label: str, value: str) -> None:
        """Keep what has no property of its own, under the list's own word for it."""
        if value.strip():
            self.say("notes", f"{label}: {value}")

    def thing(self, suffix: str, schema: str, facts: dict[str, str]) -> None:
        """Add a thing that belongs to the entry, such as a wallet."""
        key = EntityKey(f"{self.key}#{suffix}")
        self.things[key] = schema
        for prop, value in facts.items():
            self._add(key, prop, value, None, None)

    def take(self, other: "Entry", *, where: Place) -> None:
        """Add what another row says of the same designation; a company is an organization that is better known.

        Raises:
            SchemaError: the other is of another kind.
        """
        kinds = {self.schema, other.schema}
        if kinds == {"Organization", "Company"}:
            self.schema = "Company"
        elif len(kinds) > 1:
            raise SchemaError("another kind than in earlier rows of the same entry", where=where)
        self.facts |= other.facts

    def record(self, origin: Origin) -> Record:
        """Return the entry as one record.

        A person on a list has the category SUSPECT: the statutory test of a designation is reasonable grounds to
        suspect (Sanctions and Anti-Money Laundering Act 2018, section 11), which is less than a conviction and more
        than an association. The designation itself is an entity of its own.
        """
        category = PersonCategory.SUSPECT if is_person(self.schema) else None
        mentions = [Mention(self.key, self.schema, category), Mention(self.sanction, "Sanction")]
        mentions += [Mention(key, schema) for key, schema in self.things.items()]
        facts = (*self.facts, Fact(self.sanction, "entity", self.key))
        return Record(origin=origin, handling=PUBLISHED, mentions=tuple(mentions), facts=facts)

    def _add(self, key: EntityKey, prop: str, value: str, lang: str | None, original: str | None) -> None:
        plain = " ".join(value.split())
        if plain:
            raw = plain if original is None or " ".join(original.split()) == plain else original
            self.facts[Fact(key, prop, plain, lang, raw if raw != plain else None)] = None


def list_origin(
    originator: str, source: str, file: str, sha256: BlobHash, *, version: str | None, place: str
) -> Origin:
    """Return where an entry of an official list comes from."""
    return Origin(AuthorityId(originator), source, file, sha256, version, place)


def sha256_of(data: bytes) -> BlobHash:
    """Return the SHA-256 of a file's bytes."""
    return BlobHash(hashlib.sha256(data).hexdigest())


def script_of(text: str) -> str | None:
    """Return the ISO 15924 name of the script that a text is written in; None for Latin."""
    return next((name for pattern, name in _SCRIPTS if pattern.search(text)), None)


def language_tag(text: str, language: str = "") -> str | None:
    """Return a BCP 47 tag from the letters of a name and, where a list gives it, the English name of its language."""
    script = script_of(text)
    known = _LANGUAGES.get(language.strip().casefold())
    if script is None:
        return known
    return f"{known or 'und'}-{script}"


def plain_text(markup: str) -> str:
    """Return a text without HTML: lists escape it once or twice over."""
    return " ".join(unescape(_TAG.sub(" ", unescape(markup))).split())
