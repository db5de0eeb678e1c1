"""A message: what one authority hands to another under an agreement, in the form that policy judges and the wire carries.

These are `msgspec.Struct`s, not dataclasses, because the wire says ``from``. An unknown field is refused: it could be a
restriction that this version cannot enforce. Facts hold nothing that could lead back to them, so the collector of circles
need not walk through them (`gc=False`).
"""

from enum import StrEnum
from typing import Final

import msgspec

from headwater.errors import Place, SchemaError
from headwater.model.ids import AuthorityId, BlobHash, StateCode, blob_hash
from headwater.model.times import parse_day, parse_instant


class Kind(StrEnum):
    """What a message is (design of the exchange; `use` is a question to policy and never travels)."""

    REQUEST = "request"
    RESPONSE = "response"
    SPONTANEOUS = "spontaneous"
    ALERT = "alert"
    SEARCH = "search"
    CONSENT_REQUEST = "consent-request"
    CONSENT = "consent"
    AMEND = "amend"
    AMEND_DONE = "amend-done"
    NOTICE = "notice"
    EVIDENCE_BUNDLE = "evidence-bundle"
    TI = "ti"
    RECEIPT = "receipt"
    CARD = "card"
    CHECKPOINT = "checkpoint"
    PING = "ping"
    USE = "use"


HOUSEKEEPING: Final = frozenset(
    {Kind.AMEND, Kind.AMEND_DONE, Kind.NOTICE, Kind.RECEIPT, Kind.CARD, Kind.CHECKPOINT, Kind.PING}
)
"""Kinds that carry no intelligence of their own: rules on agreement content and facts are skipped for them."""

CHUNK_BYTES: Final = 1 << 20
"""Bytes of a file in one chunk."""
MAX_FILE: Final = 1 << 30
"""Most bytes of a file: it is put together in memory."""
SIGNATURE_BYTES: Final = 64
"""Bytes of an Ed25519 signature (RFC 8032)."""
MAX_WORD_SIGNATURES: Final = 32
MAX_CARDS: Final = 8
_HEX: Final = frozenset("0123456789abcdef")
CORRECTIONS: Final = frozenset({"rectify", "regrade"})
"""Amends that bring new facts in the place of old ones."""
AMEND_ACTIONS: Final = ("erase", "restrict", "rectify", "regrade")
"""What an originator can ask to be done with facts that it sent."""


class MessageFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One fact in a message with everything that decides what may be done with it.

    Attributes:
        prop: property name; `entity`, `schema`, `value`, `lang`, `original` say the rest of the fact.
        category: suspect, convicted, associate, victim, smuggled, witness, organisation or object.
        personal: whether it is personal data.
        origin: the state that controls it.
        via: the agreement it was received under, where it is not our own.
        marking, handling, conditions, purposes, names, onward, retain_until: as the originator set them.
        grade: short form of the evaluation.
        state: ``active``, ``restricted`` or ``erased``; `hold` names why it must be kept.
        evidence: facts that a derived fact rests on.
        hashed: whether the value is a keyed hash, not the value.
        origin_key, origin_name: of a third state's fact, its originator's signing key in hex, and what it is called there:
            the originator's later words about it are told by them.
    """

    prop: str
    origin: StateCode
    category: str = ""
    personal: bool = False
    entity: str | None = None
    schema: str | None = None
    value: str | None = None
    lang: str | None = None
    original: str | None = None
    id: str | None = None
    via: str | None = None
    marking: str | None = None
    handling: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    purposes: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()
    onward: tuple[str, ...] | str | None = None
    grade: str | None = None
    retain_until: str | None = None
    state: str = "active"
    hold: str | None = None
    minor: bool = False
    sensitive: str | bool | None = None
    hashed: bool = False
    reveals_source: bool = False
    subject_consent: str | None = None
    subject_state: str | None = None
    evidence: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = ()
    origin_key: str | None = None
    origin_name: str | None = None

    def __post_init__(self) -> None:
        """Refuse a last day that is no day, which nothing could ever pass, and a key that is none."""
        if self.retain_until is not None:
            parse_day(self.retain_until, field="retain_until")
        if self.origin_key is not None:
            blob_hash(self.origin_key)


class WordSignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature under a word: the raw Ed25519 key and what it made, in hex."""

    key: str
    sig: str

    def __post_init__(self) -> None:
        """Refuse what is no key or no signature."""
        blob_hash(self.key)
        if len(self.sig) != 2 * SIGNATURE_BYTES or not set(self.sig) <= _HEX:
            raise SchemaError("no signature", where=Place(field="signed.sig"))


class Word(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an originator has signed about its facts, for holders that have them from somebody else (docs/spec/recall.md).

    Attributes:
        about: ``amend`` or ``consent``.
        origin: the originator's state.
        terms: what it says: the action; or type, decision, receiver, last day and purposes.
        facts: by the originator's own names.
        at: when it was signed.
        signed: by each of the originator's signing keys.
    """

    about: str
    origin: StateCode
    terms: tuple[str, ...]
    facts: tuple[str, ...]
    at: str
    signed: tuple[WordSignature, ...]

    def __post_init__(self) -> None:
        """Refuse a time that is no instant, and more signatures than a card has keys."""
        parse_instant(self.at, field="words.at")
        if len(self.signed) > MAX_WORD_SIGNATURES:
            raise SchemaError("more signatures than keys can be", where=Place(field="words.signed"))


class Consent(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={"giver": "from", "receiver": "to"},
):
    """An originator's recorded word on one use of its facts; `words` are what it signed itself, for holders further down."""

    type: str
    giver: StateCode
    receiver: StateCode
    facts: tuple[str, ...]
    purposes: tuple[str, ...]
    decision: str
    until: str | None = None
    ref: str | None = None
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a last day that is no day: the consent would never end."""
        if self.until is not None:
            parse_day(self.until, field="until")


class BreakGlass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Onward transfer without consent under an immediate serious threat (DPA 2018 s.78); the originator is told."""

    reason: str = ""
    approver: str = ""
    threat: str = ""


class Amend(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the originator wants done with facts that it sent earlier; `words` are what it signed, for holders further down."""

    action: str
    facts: tuple[str, ...]
    reason: str = ""
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an action that nobody would know how to carry out."""
        if self.action not in AMEND_ACTIONS:
            raise SchemaError(
                "an unknown action", where=Place(field="amend.action"), fix=f"use one of {', '.join(AMEND_ACTIONS)}"
            )


class FileRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that goes beside a message in sealed chunks (docs/spec/files.md).

    Attributes:
        fact: the fact of the message that it belongs to: its handling is the file's, and its recall takes the file along.
        size, sha256: of the file itself.
        key: AES-256 key of the chunks, hex; used for this file alone.
        chunks: SHA-256 of each sealed chunk, hex, in order.
    """

    fact: str
    name: str
    size: int
    sha256: BlobHash
    key: str
    chunks: tuple[BlobHash, ...]

    def __post_init__(self) -> None:
        """Refuse hashes and keys that are none, and a number of chunks that does not fit the size."""
        for text in (self.sha256, self.key, *self.chunks):
            blob_hash(text)
        if not self.name.strip() or "/" in self.name or "\0" in self.name:
            raise SchemaError("no name of a file", where=Place(field="files.name"))
        if not 0 < self.size <= MAX_FILE or len(self.chunks) != -(-self.size // CHUNK_BYTES):
            raise SchemaError("a size that does not fit the chunks", where=Place(field="files.size"))


class Grown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Proof that a log leads from an earlier size to the checkpoint beside it: hashes in hex, as RFC 6962 orders them."""

    size: int
    path: tuple[str, ...]


class Sync(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What two nodes tell each other every hour, to see what is missing and that neither log was changed.

    Attributes:
        turn: 1 asks, 2 answers, 3 ends: whoever gets 1 or 2 answers with the next.
        seen: highest number seen from the recipient.
        gaps: numbers below it that never came, the first thousand.
        void: numbers of the sender's own that will never come: refused, or expired before they were taken.
        checkpoint: the sender's log, a signed note.
        grown: proofs from sizes that the recipient is known to hold.
        held: the recipient's own largest checkpoint that the sender holds, with the sender's cosignature.
        receipt: the recipient's own receipt with the largest log that the sender holds, in base64.
    """

    turn: int
    seen: int
    checkpoint: str
    gaps: tuple[int, ...] = ()
    void: tuple[int, ...] = ()
    grown: tuple[Grown, ...] = ()
    held: str | None = None
    receipt: str | None = None


class CardSignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One signature under a card: the key's name, the algorithm, the signature in base64 (docs/spec/card.md)."""

    key: str
    alg: str
    sig: str


class CardCopy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed card as its file holds it: the bytes that were signed, in base64, and the signatures over them."""

    payload: str
    signatures: tuple[CardSignature, ...]


class Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one holder did about an amend: its proof, under the signature of the envelope that carries it.

    Attributes:
        amend: the message that asked for it.
        holder: who did it.
        at: when.
        log_index: the leaf of the holder's log that says so.
        results: for each fact by the name that the amend gave it: ``erased``, ``restricted``, ``rectified``,
            ``regraded`` or ``not-held``.
        waits_for: authorities that the holder passed facts on to and that have not answered it yet.
        envelope: for one that is passed on: SHA-256 of the envelope in which the holder signed it.
    """

    amend: str
    holder: AuthorityId
    at: str
    log_index: int
    results: dict[str, str]
    waits_for: tuple[AuthorityId, ...] = ()
    envelope: str | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is no instant."""
        parse_instant(self.at, field="done.at")


class Message(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename={"sender": "from", "recipient": "to"},
):
    """One message between two authorities, or (kind `use`) one question of a user about facts received.

    Attributes:
        sender, recipient: authorities; ``from`` and ``to`` on the wire.
        thread: the first message of the conversation.
        expires: RFC 3339 instant after which it is not to be accepted.
        facts: by their name within this message.
        sync: for kind `checkpoint`.
        cards: for kind `card`, and no other: the sender's newest card, after some versions before it, oldest first.
        access: on a request, whether its sender takes what it asks for to be directly accessible to the recipient:
            ``direct`` (also where nothing is said) or ``indirect``.
        files: large files that go beside it.
        done: on an amend-done, the sender's own word first, then those of the holders that it asked in turn.
        use: for kind `use`: ``intelligence``, ``evidence`` or ``action``; `user` is the authority that asks.
    """

    kind: Kind
    sender: AuthorityId | None = None
    recipient: AuthorityId | None = None
    agreement: str | None = None
    purpose: str | None = None
    reason: str | None = None
    urgency: str = "normal"
    why_urgent: str | None = None
    classification: str | None = None
    expires: str | None = None
    author: str | None = None
    approver: str | None = None
    approvals: tuple[str, ...] = ()
    addressee: str | None = None
    language: str | None = None
    legal_basis: str | None = None
    case_references: tuple[str, ...] = ()
    thread: str | None = None
    text: str | None = None
    result: str | None = None
    consents: tuple[Consent, ...] = ()
    break_glass: BreakGlass | None = None
    osja_flags: tuple[str, ...] = ()
    assurance_ref: str | None = None
    strict_necessity: str | None = None
    amend: Amend | None = None
    sync: Sync | None = None
    cards: tuple[CardCopy, ...] = ()
    done: tuple[Done, ...] = ()
    files: tuple[FileRef, ...] = ()
    access: str | None = None
    use: str | None = None
    user: AuthorityId | None = None
    facts: dict[str, MessageFact] = {}

    def __post_init__(self) -> None:
        """Refuse an expiry that is no instant, and cards where nobody would read them."""
        if self.expires is not None:
            parse_instant(self.expires, field="expires")
        if self.cards and (self.kind is not Kind.CARD or len(self.cards) > MAX_CARDS):
            raise SchemaError(f"cards in another kind of message, or more than {MAX_CARDS}", where=Place(field="cards"))


def categories_of(message: Message) -> str:
    """Return how many facts of each category a message carries, as the ledger counts them: ``object=2 suspect=1``."""
    categories = [fact.category for fact in message.facts.values()]
    return " ".join([f"{name}={categories.count(name)}" for name in sorted(set(categories)) if name])
