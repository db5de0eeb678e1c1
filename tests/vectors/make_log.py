"""Writes the vectors of the log, one file for each scenario.  make_log.py FOLDER

The notes and proofs are put together here from hashes and signatures alone, without headwater's own code for them, and the
outcome is written down for each scenario by hand. Keys stand once, in keys.json. What the fields mean: docs/spec/log.md.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

TIME = 1_767_225_600
SIZES = (1, 2, 3, 7, 8, 13, 64)
LONGTYPE = b"\xffheadwater/ml-dsa-65"


def seed(name: str) -> bytes:
    return hashlib.sha256(f"headwater log vector {name}".encode()).digest()


class Signer:
    """An authority's pair of keys, as a card names it in `papers`."""

    def __init__(self, authority: str, generation: str = "") -> None:
        self.name = f"headwater/{authority}"
        self.short = Ed25519PrivateKey.from_private_bytes(seed(f"{authority} ed25519{generation}"))
        self.long = MLDSA65PrivateKey.from_seed_bytes(seed(f"{authority} mldsa65{generation}"))

    @property
    def public(self) -> dict[str, str]:
        short, long = self.short.public_key().public_bytes_raw(), self.long.public_key().public_bytes_raw()
        return {"ed25519": short.hex(), "mldsa65": long.hex()}

    def line(self, kind: bytes, data: bytes, name: str | None = None) -> str:
        key = bytes.fromhex(self.public["mldsa65" if kind == LONGTYPE else "ed25519"])
        name = name or self.name
        key_id = hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4]
        return f"\u2014 {name} {base64.b64encode(key_id + data).decode()}\n"

    def as_log(self, text: bytes) -> list[str]:
        return [self.line(b"\x01", self.short.sign(text)), self.line(LONGTYPE, self.long.sign(text))]

    def as_witness(self, text: bytes, at: int = TIME, header: bytes = b"cosignature/v1\n") -> str:
        made = self.short.sign(header + f"time {at}\n".encode() + text)
        return self.line(b"\x04", at.to_bytes(8, "big") + made)


UK, RS, XK, OTHER = Signer("UK-NCA"), Signer("RS-MOI"), Signer("XK-KP"), Signer("UK-NCA", " other")
KEYS = {"UK-NCA": [UK.public], "RS-MOI": [RS.public]}


def opening(number: int) -> bytes:
    salt = hashlib.sha256(f"salt {number}".encode()).digest()[:16]
    event = {"at": "2026-01-01T00:00:00Z", "detail": {}, "kind": "exchange.sent", "purpose": "oic"}
    return salt + json.dumps({**event, "subject": f"m-{number}", "who": "o.reed"}, separators=(",", ":")).encode()


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"\0" + hashlib.sha256(opening(number)).digest()).digest()


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*path(index, leaves[:half]), root(leaves[half:])]
    return [*path(index - half, leaves[half:]), root(leaves[:half])]


def text_of(size: int, origin: str = "headwater/UK-NCA", top: bytes | None = None) -> bytes:
    top = top or root([leaf(number) for number in range(size)])
    return f"{origin}\n{size}\n{base64.b64encode(top).decode()}\n".encode()


def note(text: bytes, *lines: str) -> bytes:
    return text + b"\n" + "".join(lines).encode()


def proof(index: int, size: int, signed: bytes, /, **changes: Any) -> bytes:
    given = {
        "extra": opening(index),
        "index": str(index),
        "path": path(index, [leaf(n) for n in range(size)]),
        **changes,
    }
    lines = ["c2sp.org/tlog-proof@v1"]
    if given["extra"] is not None:
        lines.append(f"extra {base64.b64encode(given['extra']).decode()}")
    lines += [f"index {given['index']}", *(base64.b64encode(each).decode() for each in given["path"])]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + signed


def good(size: int) -> bytes:
    text = text_of(size)
    return note(text, *UK.as_log(text), RS.as_witness(text))


Scenario = tuple[str, bytes, str, list[str]]


def good_ones() -> Iterator[Scenario]:
    for size in SIZES:
        for index in sorted({0, size // 2, size - 1}):
            yield f"good leaf {index} of {size}", proof(index, size, good(size)), "ok", ["RS-MOI"]
    text = text_of(13)
    yield "good without a witness", proof(4, 13, note(text, *UK.as_log(text))), "ok", []
    strange = note(text, XK.as_witness(text), *UK.as_log(text), XK.line(b"\x01", b"x" * 64))
    yield "good with a stranger's signatures left aside", proof(4, 13, strange), "ok", []
    twice = note(text, RS.as_witness(text, TIME + 9), *UK.as_log(text), RS.as_witness(text))
    yield "good with two cosignatures of one witness", proof(4, 13, twice), "ok", ["RS-MOI"]
    longer = text + b"an extension that nobody reads\n"
    extended = note(longer, *UK.as_log(longer), RS.as_witness(longer))
    yield "good with an extension line", proof(4, 13, extended), "ok", ["RS-MOI"]
    short = OTHER.line(b"\x01", OTHER.short.sign(text))
    yield (
        "good with a signature of an older key of the log",
        proof(4, 13, note(text, short, *UK.as_log(text))),
        "ok",
        [],
    )


def bad_ones() -> Iterator[Scenario]:
    text, signed = text_of(13), good(13)
    right = path(4, [leaf(n) for n in range(13)])
    tampered = bytearray(opening(4))
    tampered[20] ^= 1
    yield "event with a bit changed", proof(4, 13, signed, extra=bytes(tampered)), "bad", ["RS-MOI"]
    yield "event of another leaf", proof(4, 13, signed, extra=opening(5)), "bad", ["RS-MOI"]
    yield "index of another leaf", proof(4, 13, signed, index="5"), "bad", ["RS-MOI"]
    yield "index at the size", proof(4, 13, signed, index="13"), "bad", ["RS-MOI"]
    yield "index far beyond", proof(4, 13, signed, index="9007199254740991"), "bad", ["RS-MOI"]
    yield "path without its last hash", proof(4, 13, signed, path=right[:-1]), "bad", ["RS-MOI"]
    yield "path with a hash more", proof(4, 13, signed, path=[*right, right[0]]), "bad", ["RS-MOI"]
    yield "path in the other order", proof(4, 13, signed, path=right[::-1]), "bad", ["RS-MOI"]
    yield "path of nothing", proof(4, 13, signed, path=[]), "bad", ["RS-MOI"]
    lied = text_of(64, top=root([leaf(n) for n in range(13)]))
    yield "size that was changed and signed", proof(4, 13, note(lied, *UK.as_log(lied))), "bad", []
    yield (
        "log signed by another key",
        proof(4, 13, note(text, *OTHER.as_log(text), RS.as_witness(text))),
        "bad",
        ["RS-MOI"],
    )
    for number, name in enumerate(("ML-DSA-65", "Ed25519")):
        alone = UK.as_log(text)[number]
        yield f"log signed without {name}", proof(4, 13, note(text, alone, RS.as_witness(text))), "bad", ["RS-MOI"]
    wrong = text_of(13, top=hashlib.sha256(b"other").digest())
    moved = note(text, *UK.as_log(wrong), RS.as_witness(text))
    yield "log's signatures of another checkpoint", proof(4, 13, moved), "bad", ["RS-MOI"]
    moved = note(text, *UK.as_log(text), RS.as_witness(wrong))
    yield "cosignature of another checkpoint", proof(4, 13, moved), "bad", []
    for name, header in (("without its first line", b""), ("of another version", b"cosignature/v2\n")):
        made = RS.as_witness(text, header=header)
        yield f"cosignature {name}", proof(4, 13, note(text, *UK.as_log(text), made)), "bad", []
    data = (TIME + 1).to_bytes(8, "big") + RS.short.sign(b"cosignature/v1\n" + f"time {TIME}\n".encode() + text)
    yield (
        "cosignature with its time changed",
        proof(4, 13, note(text, *UK.as_log(text), RS.line(b"\x04", data))),
        "bad",
        [],
    )
    yield "cosignature cut short", proof(4, 13, note(text, *UK.as_log(text), RS.line(b"\x04", data[:40]))), "bad", []
    far = (1 << 63).to_bytes(8, "big") + RS.short.sign(b"cosignature/v1\n" + f"time {1 << 63}\n".encode() + text)
    yield (
        "cosignature beyond the calendar",
        proof(4, 13, note(text, *UK.as_log(text), RS.line(b"\x04", far))),
        "bad",
        [],
    )
    plain = RS.line(b"\x01", RS.short.sign(text))
    yield "cosignature without a time", proof(4, 13, note(text, *UK.as_log(text), plain)), "ok", []
    renamed = text_of(13, origin="headwater/RS-MOI")
    yield "log under another authority's name", proof(4, 13, note(renamed, *UK.as_log(renamed))), "bad", []
    for name, origin in (("no authority", "headwater/uk-nca"), ("another system", "example.com/log")):
        foreign = text_of(13, origin=origin)
        yield f"log of {name}", proof(4, 13, note(foreign, *UK.as_log(foreign))), "bad", []


def broken_ones() -> Iterator[Scenario]:
    whole, text = proof(4, 13, good(13)), text_of(13)
    parts: list[tuple[str, bytes]] = [
        ("nothing", b""),
        ("another first line", whole.replace(b"proof@v1", b"proof@v2", 1)),
        ("no first line", whole.partition(b"\n")[2]),
        ("no extra", proof(4, 13, good(13), extra=None)),
        ("extra of a salt only", proof(4, 13, good(13), extra=bytes(16))),
        ("extra that is no base64", whole.replace(b"extra ", b"extra !", 1)),
        ("no index", whole.replace(b"index 4\n", b"", 1)),
        ("index with a zero before", proof(4, 13, good(13), index="04")),
        ("index with a sign", proof(4, 13, good(13), index="-4")),
        ("index in Arabic digits", proof(4, 13, good(13), index="\u0664")),
        ("index of seventeen digits", proof(4, 13, good(13), index="1" * 17)),
        ("hash of 31 bytes", proof(4, 13, good(13), path=[bytes(31)])),
        ("65 hashes", proof(4, 13, good(13), path=[bytes(32)] * 65)),
        ("lines with carriage returns", whole.replace(b"\n", b"\r\n")),
        ("no checkpoint", whole.partition(b"\n\n")[0] + b"\n\n"),
        ("checkpoint without signatures", proof(4, 13, note(text))),
        ("checkpoint cut short", whole[:-1]),
        ("checkpoint with a byte that is no UTF-8", whole + b"\xff"),
        ("checkpoint with a tab", whole.replace(b"headwater/UK-NCA\n13", b"headwater/UK-NCA\t\n13")),
        ("signature with a hyphen for its dash", whole.replace("\u2014 headwater/RS".encode(), b"- headwater/RS")),
        ("signature without a name", whole.replace("\u2014 headwater/RS-MOI ".encode(), "\u2014 ".encode())),
        (
            "signature with a plus in its name",
            whole.replace("\u2014 headwater/RS-".encode(), "\u2014 headwater/RS+".encode()),
        ),
        ("signature of four bytes", proof(4, 13, note(text, "\u2014 headwater/RS-MOI AAAAAA==\n"))),
        ("33 signatures", proof(4, 13, note(text, *([XK.as_witness(text)] * 33)))),
        ("a line after the signatures", whole + b"more\n"),
    ]
    for name, old, new in (
        ("size with a zero before", b"\n13\n", b"\n013\n"),
        ("negative size", b"\n13\n", b"\n-13\n"),
        ("size that is no number", b"\n13\n", b"\nxiii\n"),
        ("size beyond 53 bits", b"\n13\n", b"\n9007199254740992\n"),
        ("root of 31 bytes", text.split(b"\n")[2], base64.b64encode(bytes(31))),
        ("root with spare bits", text.split(b"\n")[2], base64.b64encode(bytes(32))[:-2] + b"B="),
        ("no root", text.split(b"\n")[2] + b"\n", b""),
        ("empty origin", b"\n\nheadwater/UK-NCA\n13", b"\n\n\n13"),
    ):
        changed = text.replace(old, new) if not name.startswith("empty") else text[len(b"headwater/UK-NCA") :]
        parts.append((name, proof(4, 13, note(changed, *UK.as_log(changed)))))
    yield from ((f"unreadable: {name}", data, "unreadable", []) for name, data in parts)


def later_ones() -> Iterator[Scenario]:
    """What came after the others, so that those keep their numbers."""
    text, wrong = text_of(13), text_of(13, top=hashlib.sha256(b"other").digest())
    twice = note(text, *UK.as_log(text), RS.as_witness(text), RS.as_witness(wrong))
    yield "cosignature of another checkpoint beside one that holds", proof(4, 13, twice), "bad", []
    twice = note(text, *UK.as_log(text), UK.as_log(wrong)[0], RS.as_witness(text))
    yield "log's signature of another checkpoint beside one that holds", proof(4, 13, twice), "bad", ["RS-MOI"]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    (folder / "keys.json").write_text(json.dumps(KEYS, indent=1) + "\n", encoding="ascii")
    scenarios = [*good_ones(), *bad_ones(), *broken_ones(), *later_ones()]
    for number, (what, data, result, witnesses) in enumerate(scenarios, 1):
        words = "".join(letter if letter.isalnum() else "-" for letter in what.lower())
        name = f"{number:03}-{'-'.join(word for word in words.split('-') if word)}.json"
        document = {"what": what, "proof": base64.b64encode(data).decode(), "result": result, "witnesses": witnesses}
        (folder / name).write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
