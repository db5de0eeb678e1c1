r"""Words: what an originator itself has signed about its facts, for holders that have them from somebody else.

::

    framed(texts) = u32be length ‖ UTF-8, for each text
    sig           = Ed25519("headwater/word/1\0" ‖ SHA-256(framed(framed(head), framed(terms), framed(facts))))
    head          = about, origin, at

Two states without trust in each other have no card of each other. So whoever passes a fact of a third state on names, beside
it, the originator's key and the originator's own name for it; both come from the originator's card and message, and from then
on they are bound to the fact. A later recall or consent in the originator's name counts only with its word: signed with that
key, about that name. So a supplier can lie about a fact when it hands it over, as it always could, but it can never take back,
or give free, what is not its own. Normative text: docs/spec/recall.md.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from headwater.exchange.framing import join
from headwater.exchange.holdings import Reader, origins_of
from headwater.exchange.parties import recipient_of, sender_of
from headwater.exchange.partners import Partners
from headwater.exchange.suite import is_signed, sign, signing_public
from headwater.model.ids import FactId, StateCode, state_of
from headwater.model.message import Amend, Consent, Message, MessageFact, Word, WordSignature
from headwater.model.times import format_instant, parse_instant

AMEND: Final = "amend"
CONSENT: Final = "consent"
_LABEL: Final = b"headwater/word/1\0"


def speak(
    seeds: Iterable[bytes], about: str, terms: Sequence[str], facts: Sequence[str], origin: StateCode, at: datetime
) -> Word:
    """Return an originator's word, signed with each of its signing keys: a holder may know of an older one only.

    Args:
        seeds: of all signing keys that the node still has, the newest and the older ones.
        about: `AMEND` or `CONSENT`.
        terms: what is said, as `amend_terms` or `consent_terms` gives it.
        facts: by the originator's own names.
        origin: the originator's state.
        at: now.
    """
    bare = Word(about=about, origin=origin, terms=tuple(terms), facts=tuple(facts), at=format_instant(at), signed=())
    message = _message(bare)
    signed = (WordSignature(key=signing_public(seed).hex(), sig=sign(seed, message).hex()) for seed in seeds)
    return replace(bare, signed=tuple(signed))


def amend_terms(action: str) -> tuple[str, ...]:
    """Return the terms of a word about an amend."""
    return (action,)


def consent_terms(consent: Consent) -> tuple[str, ...]:
    """Return the terms of a word about a consent."""
    return (consent.type, consent.decision, consent.receiver, consent.until or "", *consent.purposes)


class Spoken:
    """The words of one message: each is read and its signature checked once, however many facts they are asked about."""

    def __init__(self, words: Iterable[Word]) -> None:
        """Take the words as they came, by the facts that they name; none is believed yet."""
        self._about: dict[str | None, list[_Given]] = {}
        for word in words:
            given = _Given(word)
            for name in dict.fromkeys(word.facts):
                self._about.setdefault(name, []).append(given)

    def is_amended(self, given: MessageFact, action: str) -> bool:
        """Return whether its originator's own word stands behind an amend of a fact that was passed on.

        A correction arrives further down as an erasure; nothing else may be made of what the originator said.
        """
        words = self._about.get(given.origin_name, ())
        said = (each for each in words if each.word.about == AMEND and _means(each.word.terms, action))
        return any(each.holds(given) for each in said)

    def is_consented(self, given: MessageFact, consent: Consent) -> bool:
        """Return whether its originator's own word stands behind a consent about a fact that was passed on."""
        return self.consented_at(given, consent) is not None

    def consented_at(self, given: MessageFact, consent: Consent) -> datetime | None:
        """Return when the originator signed the newest word that stands behind a consent; None where none does."""
        terms, words = consent_terms(consent), self._about.get(given.origin_name, ())
        said = (each for each in words if each.word.about == CONSENT and each.word.terms == terms)
        return max((parse_instant(each.word.at) for each in said if each.holds(given)), default=None)


class _Given:
    """One word, and what has been found out about it."""

    def __init__(self, word: Word) -> None:
        self.word = word
        self._facts = frozenset(word.facts)
        self._signed: dict[str, bool] = {}

    def holds(self, given: MessageFact) -> bool:
        """Return whether the word is about a fact and its originator has signed it with the key that is bound to the fact."""
        key = given.origin_key
        if key is None or self.word.origin != given.origin or given.origin_name not in self._facts:
            return False
        if key not in self._signed:
            signature = next((each.sig for each in self.word.signed if each.key == key), None)
            self._signed[key] = signature is not None and is_signed(
                bytes.fromhex(key), bytes.fromhex(signature), _message(self.word)
            )
        return self._signed[key]


def relayed(amend: Amend) -> tuple[Word, ...]:
    """Return the words of a partner's amend, to go on with it to whoever the facts were passed to."""
    return tuple(word for word in amend.words if word.about == AMEND)


def bound(reader: Reader, partners: Partners, message: Message, now: datetime) -> Message:
    """Return a message whose facts of third states name their originator's key and its own name for them.

    What is named is what is recorded here, never what the message's writer says.
    """
    near = {state_of(sender_of(message)), state_of(recipient_of(message))}
    foreign = [FactId(name) for name, fact in message.facts.items() if fact.origin not in near]
    if not foreign:
        return message
    facts = dict(message.facts)
    origins = origins_of(reader, foreign)
    for name in foreign:
        key: str | None = None
        own_name: str | None = None
        if (came := origins.get(name)) is not None:
            key, own_name = came.given.origin_key, came.given.origin_name
            supplier = partners.get(reader, came.peer)
            if came.given.origin == state_of(came.peer) and supplier is not None:
                valid = [each for each in supplier.card.card.signing if each.is_valid(now)]
                key = max(valid, key=lambda each: each.counts_from).key if valid else None
                own_name = came.name
        facts[name] = replace(facts[name], origin_key=key, origin_name=own_name)
    return replace(message, facts=facts)


def _means(terms: tuple[str, ...], action: str) -> bool:
    return terms == (action,) or (action == "erase" and terms in {("rectify",), ("regrade",)})


def _message(word: Word) -> bytes:
    parts = ((word.about, word.origin, word.at), word.terms, word.facts)
    return _LABEL + sha256(join(join(text.encode() for text in part) for part in parts)).digest()
