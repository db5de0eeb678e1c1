"""Writes the vectors of cards and receipts, cards.json and receipts.json.  make_papers.py FOLDER

The papers are put together here from hashes and signatures alone, without headwater's own code for them, and the outcome is
written down for each scenario by hand. What the fields mean: docs/spec/card.md and docs/spec/receipt.md.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

NOW, LATER = "2026-03-02T09:00:00Z", "2027-03-02T09:00:00Z"
ID, OTHER_ID = "0195566a-0000-7000-8000-000000000001", "0195566a-0000-7000-8000-000000000002"
SENT, ROOT = hashlib.sha256(b"an envelope").hexdigest(), hashlib.sha256(b"a log").hexdigest()


def seed(name: str) -> bytes:
    return hashlib.sha256(f"headwater paper vector {name}".encode()).digest()


class Pair:
    """A pair of keys that signs papers."""

    def __init__(self, name: str) -> None:
        self.short = Ed25519PrivateKey.from_private_bytes(seed(f"{name} ed25519"))
        self.long = MLDSA65PrivateKey.from_seed_bytes(seed(f"{name} mldsa65"))
        short, long = self.short.public_key().public_bytes_raw(), self.long.public_key().public_bytes_raw()
        self.public = {"ed25519": short.hex(), "mldsa65": long.hex()}

    def signatures(self, payload: bytes, purpose: str = "card") -> list[dict[str, str]]:
        said = f"headwater/{purpose}/1\0".encode() + hashlib.sha256(payload).digest()
        made = (("ed25519", self.short.sign(said)), ("mldsa65", self.long.sign(said)))
        return [
            {
                "key": hashlib.sha256(bytes.fromhex(self.public[kind])).hexdigest(),
                "alg": {"ed25519": "ed25519", "mldsa65": "ml-dsa-65"}[kind],
                "sig": base64.b64encode(signature).decode(),
            }
            for kind, signature in made
        ]


ROOTS, NEW_ROOTS = [Pair(f"root {at}") for at in range(3)], [Pair(f"new root {at}") for at in range(3)]
PAPERS = Pair("papers")


def signing(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed(f"signing {name}"))


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def payload(**changes: Any) -> bytes:
    """A card: the first of UK-NCA, but for what is said here."""
    card = {
        "v": 1,
        "authority": "UK-NCA",
        "name": "An invented agency",
        "version": 1,
        "issued": "2026-01-01T00:00:00Z",
        "expires": "2027-01-01T00:00:00Z",
        "endpoints": ["https://uk.example:443"],
        "suites": ["647a-1-2"],
        "signing": [{"key": public(signing("1")), "valid_from": "2026-01-01T00:00:00Z"}],
        "sealing": [{"key": (seed("sealing") * 38).hex(), "valid_from": "2026-01-01T00:00:00Z"}],
        "papers": [PAPERS.public],
        "roots": [root.public for root in ROOTS],
        "threshold": 2,
        **changes,
    }
    return json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode()


def paper(data: bytes, signatures: list[dict[str, str]]) -> str:
    whole = {"payload": base64.b64encode(data).decode(), "signatures": signatures}
    return base64.b64encode(json.dumps(whole, separators=(",", ":")).encode()).decode()


def signed(data: bytes, *pairs: Pair, purpose: str = "card") -> str:
    return paper(data, [each for pair in pairs for each in pair.signatures(data, purpose)])


def spoken(data: bytes) -> str:
    digest = hashlib.sha512(b"headwater/fingerprint/1\0" + data).digest()
    return " ".join(f"{int.from_bytes(digest[at : at + 5], 'big') % 100_000:05}" for at in range(0, 40, 5))


def cards() -> dict[str, Any]:
    one, two = payload(), payload(version=2, name="A new name")
    moved = payload(version=2, roots=[root.public for root in NEW_ROOTS])
    first, second, third = ROOTS
    papers = {
        "1": signed(one, first, second),
        "1 by the first and third root": signed(one, first, third),
        "1 by one root": signed(one, first),
        "1 by one root, twice": signed(one, first, first),
        "1 by Ed25519 alone": paper(one, [root.signatures(one)[0] for root in ROOTS]),
        "1 with a signature over another card": paper(one, first.signatures(one) + second.signatures(two)),
        "1 signed as an agreement": signed(one, first, second, purpose="agreement"),
        "another 1": signed(payload(name="A second first card"), first, second),
        "2": signed(two, first, second),
        "2 with other roots, by both": signed(moved, *ROOTS[:2], *NEW_ROOTS[:2]),
        "2 with other roots, by the new ones": signed(moved, *NEW_ROOTS[:2]),
        "2 with other roots, by the old ones": signed(moved, *ROOTS[:2]),
        "3": signed(payload(version=3), first, second),
        "2 of another authority": signed(payload(version=2, authority="RS-MOI"), first, second),
        "a threshold of one": signed(payload(threshold=1), first, second),
        "a root twice": signed(payload(roots=[first.public, first.public, second.public]), first, second),
        "an endpoint with a path": signed(payload(endpoints=["https://uk.example:443/x"]), first, second),
        "a key that no card has": signed(payload(colour="blue"), first, second),
        "a key twice": signed(one[:-1] + b',"v":1}', first, second),
        "cut short": signed(one[:-1], first, second),
    }
    rows = [
        ("a first card", None, "1", "ok"),
        ("a first card by two other roots", None, "1 by the first and third root", "ok"),
        ("the next version", "1", "2", "ok"),
        ("the next version with other roots", "1", "2 with other roots, by both", "ok"),
        ("the card that is held", "1", "1", "same"),
        ("the card that is held, signed by others of its roots", "1", "1 by the first and third root", "same"),
        ("one root only", None, "1 by one root", "card-signature"),
        ("one root that counts once", None, "1 by one root, twice", "card-signature"),
        ("three halves of pairs", None, "1 by Ed25519 alone", "card-signature"),
        ("a signature over something else", None, "1 with a signature over another card", "card-signature"),
        ("signed for another purpose", None, "1 signed as an agreement", "card-signature"),
        ("not by the roots before", "1", "2 with other roots, by the new ones", "card-signature"),
        ("not by its own roots", "1", "2 with other roots, by the old ones", "card-signature"),
        ("an older version", "2", "1", "card-rollback"),
        ("another card of the version", "1", "another 1", "card-equivocation"),
        ("a version left out", "1", "3", "card-not-next"),
        ("another authority's", "1", "2 of another authority", "card-not-next"),
        *((name, None, name, "card-unreadable") for name in list(papers)[-6:]),
    ]
    vectors = [
        {"what": what, "held": held, "given": given, "now": NOW, "result": result} for what, held, given, result in rows
    ]
    vectors.append({"what": "an expired card", "held": "1", "given": "2", "now": LATER, "result": "card-not-next"})
    return {"cards": papers, "fingerprints": {"1": spoken(one), "2": spoken(two)}, "vectors": vectors}


def receipt(
    key: Ed25519PrivateKey,
    *,
    cut: int = 0,
    purpose: str = "receipt",
    sender: str = "RS-MOI",
    more: bytes = b"",
    **changes: Any,
) -> str:
    said = {
        "v": 1,
        "from": sender,
        "to": "UK-NCA",
        "skid": hashlib.sha256(bytes.fromhex(public(key))).hexdigest(),
        "at": NOW,
        "log": {"size": 7, "root": ROOT},
        "lines": [{"id": ID, "sha256": SENT, "result": "stored"}],
        **changes,
    }
    data = json.dumps(said, separators=(",", ":")).encode()
    signature = key.sign(f"headwater/{purpose}/1\0".encode() + hashlib.sha256(data).digest())
    whole = len(data).to_bytes(4, "big") + data + signature + more
    return whole[: len(whole) - cut].hex()


def receipts() -> dict[str, Any]:
    good, other, lost = signing("rs"), signing("other"), signing("rs lost")
    card = [
        {"key": public(good), "valid_from": "2026-01-01T00:00:00Z"},
        {"key": public(lost), "valid_from": "2026-01-01T00:00:00Z", "revoked_from": "2026-02-01T00:00:00Z"},
    ]
    line = {"id": ID, "sha256": SENT, "result": "stored"}
    rows = [
        ("stored", receipt(good), "stored"),
        ("stored, to nobody by name", receipt(good, to=None), "stored"),
        ("stored, without a log", receipt(good, log=None), "stored"),
        ("stored, with a time in microseconds", receipt(good, at="2026-03-02T09:00:00.000001Z"), "stored"),
        ("refused by a code", receipt(good, lines=[{**line, "result": "refused:clock"}]), "refused:clock"),
        (
            "refused by a rule",
            receipt(good, lines=[{**line, "result": "refused:onward-never"}]),
            "refused:onward-never",
        ),
        ("of two lines the second", receipt(good, lines=[{**line, "id": OTHER_ID}, line]), "stored"),
        ("about another message", receipt(good, lines=[{**line, "id": OTHER_ID}]), "no word"),
        ("about other bytes", receipt(good, lines=[{**line, "sha256": ROOT}]), "no word"),
        ("about bytes that nobody could read", receipt(good, lines=[{**line, "id": None}]), "no word"),
        ("from another authority", receipt(good, sender="XK-KP"), "not trusted"),
        ("to another authority", receipt(good, to="XK-KP"), "not trusted"),
        ("by a key that is not on the card", receipt(other), "not trusted"),
        ("by a key that was revoked", receipt(lost, at="2026-01-15T00:00:00Z"), "not trusted"),
        ("signed for another purpose", receipt(good, purpose="sig"), "bad signature"),
        (
            "under the name of another key",
            receipt(other, skid=hashlib.sha256(bytes.fromhex(public(good))).hexdigest()),
            "bad signature",
        ),
        ("cut short", receipt(good, cut=1), "unreadable"),
        ("with a byte more", receipt(good, more=b"\0"), "unreadable"),
        ("of another version", receipt(good, v=2), "unreadable"),
        ("with a key more", receipt(good, colour="blue"), "unreadable"),
        ("without a line", receipt(good, lines=[]), "unreadable"),
        ("with 65 lines", receipt(good, lines=[line] * 65), "unreadable"),
        ("with a result that is none", receipt(good, lines=[{**line, "result": "perhaps"}]), "unreadable"),
        ("with a word in capitals", receipt(good, lines=[{**line, "result": "refused:CLOCK"}]), "unreadable"),
    ]
    vectors = [{"what": what, "receipt": data, "result": result} for what, data, result in rows]
    return {
        "me": "UK-NCA",
        "partner": "RS-MOI",
        "signing": card,
        "now": NOW,
        "sent": {"id": ID, "sha256": SENT},
        "vectors": vectors,
    }


def main(folder: Path) -> None:
    for name, content in (("cards", cards()), ("receipts", receipts())):
        text = json.dumps(content, indent=1, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
