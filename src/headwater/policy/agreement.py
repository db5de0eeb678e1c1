"""An agreement: what two authorities agreed, in the form that the rules execute. Both sides sign the same bytes."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from headwater.errors import Place, SchemaError
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId, StateCode, authority_id, state_of
from headwater.model.message import Kind

RETAIN_DAYS_MAX: Final = 36_525
"""A hundred years: nobody agrees to keep police data for longer."""


class AgreementState(StrEnum):
    """How far an agreement has come. Only a live one lets anything pass."""

    DRAFT = "draft"
    SIGNED = "signed"
    LIVE = "live"
    SUSPENDED = "suspended"
    ENDED = "ended"


class OsjaLevel(StrEnum):
    """Risk found by the assessment of overseas security and justice assistance (UK OSJA guidance, 2017)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Safeguard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One side's recorded data protection test of the other (DPA 2018 s.75), and the last day it holds."""

    ref: str
    until: date


class Osja(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The assessment of human-rights risk under which this agreement is used, and the last day before its review."""

    ref: str
    level: OsjaLevel
    review_by: date


class Onward(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """States that facts received under this agreement never pass on to, whoever asks, unless the originator consents."""

    never: frozenset[StateCode] = frozenset()


class Agreement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One agreement between two authorities.

    Attributes:
        parties: the two authorities, in the order of signing.
        valid_from, valid_until: first and last day.
        binding: whether it binds both in law; if not, personal data need the sender's `safeguards`.
        purposes, kinds, categories: all that may be named; what is not listed is not agreed.
        markings: protective markings that may pass, of both nations, with their common rank.
        sensitive: whether special categories of personal data may pass where strictly necessary.
        retain_max_days: days that a fact may be kept after it was sent.
        deadlines: name of the profile that requests are answered under.
        languages: languages in which messages are answered, BCP 47 tags; empty where nothing was agreed.
    """

    id: str
    parties: tuple[AuthorityId, AuthorityId]
    state: AgreementState
    valid_from: date
    valid_until: date
    binding: bool
    purposes: frozenset[str]
    kinds: frozenset[Kind]
    markings: dict[str, int]
    categories: frozenset[str]
    retain_max_days: int
    safeguards: dict[StateCode, Safeguard] = {}
    sensitive: bool = False
    onward: Onward = Onward()
    osja: Osja | None = None
    deadlines: str = "eu-2023-977"
    languages: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what two authorities cannot have agreed."""
        if not self.id.strip():
            raise SchemaError("an agreement without a name", where=Place(field="id"))
        first, second = (authority_id(party) for party in self.parties)
        if first == second:
            raise SchemaError("an agreement of an authority with itself", where=Place(field="parties"))
        if self.valid_until < self.valid_from:
            raise SchemaError("an agreement that ends before it begins", where=Place(field="valid_until"))
        if not 0 <= self.retain_max_days <= RETAIN_DAYS_MAX:
            raise SchemaError(f"not between 0 and {RETAIN_DAYS_MAX} days", where=Place(field="retain_max_days"))
        if strangers := self.safeguards.keys() - {state_of(first), state_of(second)}:
            raise SchemaError(
                f"a safeguard of {', '.join(sorted(strangers))}, which is no party", where=Place(field="safeguards")
            )

    def canonical(self) -> bytes:
        """Return the one text of this agreement, which both sides sign."""
        return encode(self)

    def explain(self) -> str:
        """Return the agreement in words, one sentence a line."""
        return "\n".join(_sentences(self))


def _sentences(terms: Agreement) -> list[str]:
    first, second = terms.parties
    sentences = [
        f"{terms.id} between {first} and {second} is {terms.state}.",
        f"It holds from {terms.valid_from} to the end of {terms.valid_until} (UTC).",
        f"It is {'binding' if terms.binding else 'not binding: personal data need a data protection test'}.",
        f"Purposes: {_listed(terms.purposes)}.",
        f"Kinds of message: {_listed(terms.kinds)}.",
        f"Categories of facts: {_listed(terms.categories)}.",
        f"Markings, lowest first: {_ranked(terms.markings)}.",
        f"Special categories of personal data {'may pass where strictly necessary' if terms.sensitive else 'never pass'}.",
        f"A fact is kept for at most {terms.retain_max_days} days after it was sent.",
    ]
    sentences += [
        f"{state} tested the other side's data protection: {guard.ref}, holds to the end of {guard.until}."
        for state, guard in sorted(terms.safeguards.items())
    ]
    if terms.onward.never:
        sentences.append(
            f"Facts received under it never pass on to {_listed(terms.onward.never)}, unless their originator consents."
        )
    if terms.osja:
        sentences.append(
            f"Human-rights assessment {terms.osja.ref}: {terms.osja.level} risk, to be reviewed by {terms.osja.review_by}."
        )
    else:
        sentences.append("There is no human-rights assessment: no personal data leave.")
    sentences.append(f"Requests are answered under the deadlines '{terms.deadlines}'.")
    if terms.languages:
        sentences.append(f"Languages: {', '.join(terms.languages)}.")
    return sentences


def _listed(names: frozenset[Kind] | frozenset[StateCode] | frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _ranked(markings: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({rank})" for name, rank in sorted(markings.items(), key=lambda pair: (pair[1], pair[0])))
