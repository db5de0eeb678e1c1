"""Check a sealed case bundle with nothing but Python's standard library and the signer's public key.

    python3 -I verify.py [BUNDLE] [--key HEX|CARD.json] [--stamp-root CA.pem] [--anchor RECEIPT.json] [--json]

BUNDLE is the folder that holds seal.json; left out, the folder that this file stands in. The exit status is 0 when
everything in the bundle is as it was sealed, 76 when anything is not, 65 when a key, root or receipt given cannot be read.
Run the copy of this file that you trust: one that came with a bundle was made by whoever made the bundle.

What is checked: no file or folder is extra, missing or a link; the list (manifest.json) is in order and well formed;
every listed file has its sealed size and SHA-256; the list gives the sealed Merkle root; the signature over the seal is
right (Ed25519, RFC 8032); the seal is by the key that was given; README.txt, verify.py and the BagIt files are what the
seal says; the time stamp (RFC 3161), where there is one, is over this seal and by an authority under the root that was
given; the receipts are over this seal, and so is the one that was given. Duplicate JSON keys are refused.

On a terminal the answer is in Serbian or Albanian where the locale (LC_ALL, LC_MESSAGES, LANG) asks for one of them; in a
pipe and with --json it is English. Nobody has checked these words who was born to the language.
"""

# A path is hashed as the text that it is; pathlib would tidy it first.
# ruff: noqa: PTH118, PLR2004 - tags and lengths of DER are the standard's own numbers
from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
from datetime import datetime, timezone
from typing import Any, Iterable, Mapping, NamedTuple, Sequence  # noqa: UP035 - a stranger's Python may be old

OK, BAD_KEY, NOT_TRUE = 0, 65, 76

SEAL_CONTEXT = b"headwater-seal-v1\0"
RECEIPT_CONTEXT = b"headwater-receipt-v1\0"
SEAL_LIMIT = 1 << 16
LIST_LIMIT = 1 << 28
LONGEST_NUMBER = 17
CHUNK = 1 << 20

HEAD_KEYS = frozenset(
    ("version", "case", "count", "root", "sealed_by", "key", "sealed_at", "previous", "stamped", "tags")
)
ROW_KEYS = frozenset(("path", "sha256", "size", "salt"))
WITHHELD_KEYS = frozenset(("leaf", "reason"))
TAGGED = ("README.txt", "verify.py")
SIGNED = ("manifest.json", "seal.json")
BAG = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sha512.txt")
TAG_LISTS = ("tagmanifest-sha256.txt", "tagmanifest-sha512.txt")
BESIDE = (*TAGGED, *SIGNED, *BAG, *TAG_LISTS)
STAMP = "seal.tsr"
RECEIPTS = "receipts"
BODY_KEYS = frozenset(("seal", "root", "received_by", "received_at", "log_head"))
FARTHEST_STAMP_S = 86_400
"""Seconds that a time stamp may lie from the signer's own word on the time of the seal."""

_RECEIPT_NAME = re.compile(r"receipts/[1-9][0-9]{0,5}\.json")
_NO_NAMES = frozenset(("", ".", ".."))
_HEX32 = re.compile(r"[0-9a-f]{32}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_HEX128 = re.compile(r"[0-9a-f]{128}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\\]")


class Problem(NamedTuple):
    """One thing that is not as it was sealed."""

    code: str
    path: str
    text: str

    @property
    def exhibit(self) -> str:
        """The reference of the exhibit that it is about; empty where it is about none."""
        return exhibit_of(self.path)


class Trust(NamedTuple):
    """The key that the reader expects, and whose it is where a card said so."""

    key: bytes
    authority: str = ""


class FileSum(NamedTuple):
    """A file as found or as written: its path in the bundle, size and two hashes."""

    path: str
    size: int
    sha256: str
    sha512: str


class Outside(NamedTuple):
    """What the reader has from elsewhere than the bundle, beside the key.

    roots are certificates of time-stamp authorities, anchor a receipt that somebody else kept.
    """

    roots: Sequence[Certificate] = ()
    anchor: Mapping[str, Any] | None = None


class Report(NamedTuple):
    """What was checked and what was wrong.

    stamp is the time that the time stamp gives, empty where there is none; receipts are the receivers' names.
    """

    head: Mapping[str, Any]
    exhibits: tuple[str, ...]
    files: int
    withheld: int
    key_compared: bool
    problems: tuple[Problem, ...]
    stamp: str = ""
    stamp_compared: bool = False
    receipts: tuple[str, ...] = ()
    anchored: bool = False

    @property
    def root(self) -> str:
        """The sealed root; empty where the seal cannot be read."""
        return str(self.head.get("root", ""))


# --- bytes and hashes -------------------------------------------------------------------------------------------------

_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def canonical(value: object) -> bytes:
    """Return the RFC 8785 bytes of a value made of objects with ASCII keys, arrays, texts, integers, booleans, null."""
    return _ENCODER.encode(value).encode("utf-8")


def strict_json(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text; refuse duplicate keys, fractions, bad UTF-8 and bottomless nesting.

    Raises:
        ValueError: it is not such a text.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _whole(text: str) -> int:
    # RFC 8785 knows no larger ones; a long text is refused before Python converts it.
    if len(text) > LONGEST_NUMBER or abs(int(text)) >= 2**53:
        raise ValueError("a number that is too large")
    return int(text)


def _no_number(_: str) -> float:
    raise ValueError("a number that is no integer")


def leaf_hash(row: Mapping[str, Any]) -> bytes:
    """Return the leaf of a row: SHA-256 of a zero byte and the row's canonical bytes."""
    return hashlib.sha256(b"\0" + canonical(row)).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves: a node is SHA-256 of a one byte and its two children; an odd node moves up."""
    level = list(leaves)
    while len(level) > 1:
        pairs = range(0, len(level) - 1, 2)
        above = [hashlib.sha256(b"\1" + level[at] + level[at + 1]).digest() for at in pairs]
        level = above + level[2 * len(above) :]
    return level[0]


# --- Ed25519 (RFC 8032, section 5.1) ----------------------------------------------------------------------------------

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)


def _add(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(factor: int, point: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    total = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def _pack(point: tuple[int, int, int, int]) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _unpack(data: bytes) -> tuple[int, int, int, int] | None:
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return (x, y, 1, x * y % _P)


_BASE = _unpack((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")) or (0, 1, 1, 0)


def ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether a signature over a message is by the holder of a public key."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point = _unpack(key)
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or scalar >= _L or _pack(_times(8, point)) == _pack((0, 1, 1, 0)):
        return False  # a key of small order fits any message
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    minus = (_P - point[0], point[1], 1, _P - point[3])
    return _pack(_add(_times(scalar, _BASE), _times(hashed, minus))) == signature[:32]


# --- time stamps (RFC 3161 in CMS, RFC 5652): DER, RSA and ECDSA with nothing but integers ---------------------------------

_OIDS = {
    "2a864886f70d010702": "signed-data",
    "2a864886f70d0109100104": "tst-info",
    "2a864886f70d010903": "content-type",
    "2a864886f70d010904": "message-digest",
    "2a864886f70d010910020c": "signing-certificate",
    "2a864886f70d010910022f": "signing-certificate-v2",
    "2b0e03021a": "sha1",
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
    "2a864886f70d010101": "rsa",
    "2a864886f70d01010b": "rsa-sha256",
    "2a864886f70d01010c": "rsa-sha384",
    "2a864886f70d01010d": "rsa-sha512",
    "2a8648ce3d0201": "ec",
    "2a8648ce3d040302": "ecdsa-sha256",
    "2a8648ce3d040303": "ecdsa-sha384",
    "2a8648ce3d040304": "ecdsa-sha512",
    "2a8648ce3d030107": "p256",
    "2b81040022": "p384",
    "551d25": "extended-key-usage",
    "551d13": "basic-constraints",
    "2b06010505070308": "time-stamping",
}
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_CURVES = {
    "p256": (
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "p384": (
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        (
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
    ),
}
"""Prime, b, order and base point (FIPS 186-4, D.1.2); a is always -3."""
_PREFIXES = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""DigestInfo before the hash (RFC 8017, section 9.2)."""
LONGEST_CHAIN = 8


class Der(NamedTuple):
    """One DER value: its tag, what it holds, and all of its bytes."""

    tag: int
    body: bytes
    whole: bytes


class Stamp(NamedTuple):
    """What a time stamp says."""

    time: str
    digest: bytes
    algorithm: str


class Certificate(NamedTuple):
    """The parts of an X.509 certificate that are looked at."""

    whole: bytes
    signed: bytes
    algorithm: str
    signature: bytes
    serial: bytes
    issuer: bytes
    subject: bytes
    begins: str
    ends: str
    key: tuple[str, Any]
    stamps: bool
    issues: bool


def der_items(data: bytes) -> list[Der]:
    """Return the DER values that stand one after the other.

    Raises:
        ValueError: they are not DER.
    """
    found, at = [], 0
    while at < len(data):
        if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
            raise ValueError("not DER")
        length, head = data[at + 1], 2
        if length & 0x80:
            count = length & 0x7F
            length, head = int.from_bytes(data[at + 2 : at + 2 + count], "big"), 2 + count
            if not 0 < count <= 4 or length < 0x80 or length >> 8 * (count - 1) == 0:
                raise ValueError("not DER")
        end = at + head + length
        if end > len(data):
            raise ValueError("DER cut short")
        found.append(Der(data[at], data[at + head : end], data[at:end]))
        at = end
    return found


def _inside(data: bytes, tag: int, least: int = 1) -> list[Der]:
    """Return what stands inside the one value that the bytes are."""
    items = der_items(data)
    if len(items) != 1 or items[0].tag != tag:
        raise ValueError("not the DER that was expected")
    inner = der_items(items[0].body)
    if len(inner) < least:
        raise ValueError("DER with less than was expected")
    return inner


def _word(item: Der) -> str:
    """Return the name of an object identifier, or of the one that an algorithm begins with."""
    if item.tag == 0x30:
        item = der_items(item.body)[0]
    return _OIDS.get(item.body.hex(), "unknown") if item.tag == 0x06 else "unknown"


def _time(item: Der) -> str:
    """Return a UTCTime or GeneralizedTime in RFC 3339."""
    text = item.body.decode("ascii")
    if item.tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    found = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,6})?Z", text)
    if item.tag not in (0x17, 0x18) or not found:
        raise ValueError("not a time")
    return "{}-{}-{}T{}:{}:{}{}Z".format(*found.groups()[:6], found.group(7) or "")


def read_certificate(data: bytes) -> Certificate:
    """Return the parts of a certificate in DER.

    Raises:
        ValueError: it is none, or its key is of a kind that is not known here.
    """
    signed, algorithm, signature = _inside(data, 0x30, 3)[:3]
    fields = [item for item in der_items(signed.body) if item.tag != 0xA0]
    serial, _, issuer, validity, subject, key = fields[:6]
    begins, ends = der_items(validity.body)[:2]
    extensions: dict[str, bytes] = {}
    for item in fields[6:]:
        if item.tag == 0xA3:
            for extension in _inside(item.body, 0x30):
                parts = der_items(extension.body)
                extensions[_word(parts[0])] = parts[-1].body
    usage = extensions.get("extended-key-usage", b"")
    stamps = bool(usage) and [_word(item) for item in _inside(usage, 0x30)] == ["time-stamping"]
    basic = der_items(extensions.get("basic-constraints", b""))
    issues = bool(basic) and any(item.tag == 0x01 and item.body != b"\0" for item in der_items(basic[0].body))
    return Certificate(
        data, signed.whole, _word(algorithm), signature.body[1:], serial.body, issuer.whole, subject.whole,
        _time(begins), _time(ends), _public_key(key), stamps, issues,
    )  # fmt: skip


def _public_key(item: Der) -> tuple[str, Any]:
    algorithm, bits = der_items(item.body)[:2]
    kind, data = _word(algorithm), bits.body[1:]
    if kind == "rsa":
        modulus, exponent = (int.from_bytes(part.body, "big") for part in _inside(data, 0x30, 2)[:2])
        return "rsa", (modulus, exponent)
    curve = _OIDS.get(der_items(algorithm.body)[-1].body.hex(), "unknown")
    if kind != "ec" or curve not in _CURVES or data[:1] != b"\4" or len(data) % 2 == 0:
        raise ValueError("a key of a kind that this verifier does not know")
    half = len(data) // 2
    return curve, (int.from_bytes(data[1 : 1 + half], "big"), int.from_bytes(data[1 + half :], "big"))


def key_verify(key: tuple[str, Any], algorithm: str, message: bytes, signature: bytes) -> bool:
    """Return whether an RSA (PKCS #1, version 1.5) or ECDSA signature over a message is by the holder of a key."""
    kind, point = key
    hashed = algorithm.rpartition("-")[2]
    if hashed not in _PREFIXES:
        return False
    digest = _HASHES[hashed](message).digest()
    if kind == "rsa":
        modulus, exponent = int(point[0]), int(point[1])
        size = (modulus.bit_length() + 7) // 8
        if not algorithm.startswith("rsa") or len(signature) != size or modulus.bit_length() < 2048:
            return False
        tail = b"\0" + _PREFIXES[hashed] + digest
        padded = b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail
        return padded == pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")
    if not algorithm.startswith("ecdsa"):
        return False
    try:
        r, s = (int.from_bytes(part.body, "big") for part in _inside(signature, 0x30, 2)[:2])
    except ValueError:
        return False
    return _ecdsa(_CURVES[kind], point, digest, r, s)


def _ecdsa(curve: tuple[int, int, int, tuple[int, int]], point: tuple[int, int], digest: bytes, r: int, s: int) -> bool:
    prime, b, order, base = curve
    x, y = point
    on_curve = x < prime and y < prime and (y * y - (x * x * x - 3 * x + b)) % prime == 0
    if not on_curve or not 0 < r < order or not 0 < s < order:
        return False
    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - order.bit_length())
    inverse = pow(s, order - 2, order)
    one = _ec_times(prime, number * inverse % order, base)
    two = _ec_times(prime, r * inverse % order, point)
    total = _ec_add(prime, one, two)
    return total is not None and total[0] % order == r


def _ec_add(prime: int, one: tuple[int, int] | None, two: tuple[int, int] | None) -> tuple[int, int] | None:
    if one is None or two is None:
        return one or two
    if one[0] == two[0]:
        if (one[1] + two[1]) % prime == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], prime - 2, prime) % prime
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], prime - 2, prime) % prime
    x = (slope * slope - one[0] - two[0]) % prime
    return x, (slope * (one[0] - x) - one[1]) % prime


def _ec_times(prime: int, factor: int, point: tuple[int, int] | None) -> tuple[int, int] | None:
    total = None
    while factor:
        if factor & 1:
            total = _ec_add(prime, total, point)
        point = _ec_add(prime, point, point)
        factor >>= 1
    return total


def _signed_data(reply: bytes) -> list[Der]:
    status, *rest = _inside(reply, 0x30)
    if int.from_bytes(der_items(status.body)[0].body, "big") not in (0, 1) or len(rest) != 1:
        raise ValueError("not a time stamp that was granted")
    kind, content = der_items(rest[0].body)
    if _word(kind) != "signed-data":
        raise ValueError("not signed data")
    return _inside(content.body, 0x30, 4)


def read_stamp(reply: bytes) -> Stamp:
    """Return what a time-stamp reply says; nothing is known of who says it.

    Raises:
        ValueError: it is none.
    """
    fields = der_items(_content(_signed_data(reply)))
    info = der_items(fields[0].body)
    imprint = der_items(info[2].body)
    return Stamp(_time(info[4]), imprint[1].body, _word(imprint[0]))


def _content(signed: list[Der]) -> bytes:
    kind, wrapped = der_items(signed[2].body)[:2]
    if _word(kind) != "tst-info":
        raise ValueError("not a time stamp")
    return der_items(wrapped.body)[0].body


def stamp_fault(reply: bytes, roots: Sequence[Certificate]) -> str:
    """Return why a time stamp is not by an authority under one of the roots; nothing where it is.

    Raises:
        ValueError: it cannot be read.
    """
    signed = _signed_data(reply)
    content = _content(signed)
    held = [read_certificate(item.whole) for field in signed[3:] if field.tag == 0xA0 for item in der_items(field.body)]
    signers = der_items(signed[-1].body)
    if len(signers) != 1:
        return "not one signature"
    fields = der_items(signers[0].body)
    attributes = next((item for item in fields if item.tag == 0xA0), None)
    if attributes is None:
        return "nothing says what was signed"
    at = fields.index(attributes)
    sid, hashed = fields[1], _word(fields[2])
    known = {_word(parts[0]): der_items(parts[1].body)[0] for parts in map(_parts, der_items(attributes.body))}
    signer = next((one for one in held if sid.body == one.issuer + _integer(one.serial)), None)
    if signer is None or hashed not in _PREFIXES:
        return "the certificate of who signed is not in it"
    if _word(known.get("content-type", fields[0])) != "tst-info":
        return "what was signed is no time stamp"
    if known["message-digest"].body != _HASHES[hashed](content).digest() or not _names(known, signer):
        return "the signature is over another time stamp"
    algorithm = _word(fields[at + 1])
    if algorithm in ("rsa", "unknown"):
        algorithm = "rsa-" + hashed
    if not key_verify(signer.key, algorithm, b"\x31" + attributes.whole[1:], fields[at + 2].body):
        return "the signature does not fit"
    time = read_stamp(reply).time
    return _chain_fault(signer, held, roots, time)


def _parts(item: Der) -> list[Der]:
    return der_items(item.body)


def _integer(body: bytes) -> bytes:
    return bytes([0x02, len(body)]) + body


def _names(known: Mapping[str, Der], signer: Certificate) -> bool:
    """Return whether the signature names the certificate it was made with (RFC 5035)."""
    for name, default in (("signing-certificate-v2", "sha256"), ("signing-certificate", "sha1")):
        if name in known:
            parts = der_items(der_items(der_items(known[name].body)[0].body)[0].body)
            hashed = _word(parts[0]) if parts[0].tag == 0x30 else default
            value = next(part.body for part in parts if part.tag == 0x04)
            return hashed in _HASHES and _HASHES[hashed](signer.whole).digest() == value
    return False


def _chain_fault(signer: Certificate, held: Sequence[Certificate], roots: Sequence[Certificate], time: str) -> str:
    if not signer.stamps:
        return "its certificate is not for time stamps alone"
    at = signer
    for _ in range(LONGEST_CHAIN):
        if not at.begins[:19] <= time[:19] <= at.ends[:19]:
            return "a certificate was not valid at that time"
        if any(at.whole == root.whole for root in roots):
            return ""
        above = [one for one in (*roots, *held) if one.subject == at.issuer and one.issues]
        above = [one for one in above if key_verify(one.key, at.algorithm, at.signed, at.signature)]
        if not above:
            break
        at = above[0]
    return "it does not lead to the root that was given"


def read_roots(path: str) -> list[Certificate]:
    """Return the certificates of a PEM file.

    Raises:
        ValueError: there is none in it, or it cannot be read.
    """
    try:
        text = read_small("", path, SEAL_LIMIT * 16).decode("ascii", "replace")
    except OSError as error:
        raise ValueError(_reason(error)) from error
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----", text)
    found = [read_certificate(base64.b64decode("".join(block.split()))) for block in blocks]
    if not found:
        raise ValueError("no certificate in it")
    return found


# --- the files of the bag (BagIt 1.0, RFC 8493): all follow from the seal and the payload ---------------------------------


def bag_files(head: Mapping[str, Any], payload: Sequence[FileSum]) -> dict[str, bytes]:
    """Return the BagIt files that a seal and its payload give, apart from the tag manifests."""
    ordered = sorted(payload, key=lambda file: file.path.encode("utf-8"))
    information = {
        "Bag-Software-Agent": "headwater case bundle, version {}".format(head["version"]),
        "Bagging-Date": head["sealed_at"][:10],
        "External-Identifier": head["case"],
        "Payload-Oxum": f"{sum(file.size for file in ordered)}.{len(ordered)}",
        "Source-Organization": head["sealed_by"],
    }
    return {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": "".join(f"{name}: {value}\n" for name, value in information.items()).encode("utf-8"),
        "manifest-sha256.txt": _lines((file.sha256, file.path) for file in ordered),
        "manifest-sha512.txt": _lines((file.sha512, file.path) for file in ordered),
    }


def tag_lists(beside: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the two tag manifests over the files beside the payload."""
    names = sorted(beside)
    return {
        "tagmanifest-sha256.txt": _lines((hashlib.sha256(beside[name]).hexdigest(), name) for name in names),
        "tagmanifest-sha512.txt": _lines((hashlib.sha512(beside[name]).hexdigest(), name) for name in names),
    }


def _lines(rows: Iterable[tuple[str, str]]) -> bytes:
    return "".join("{}  {}\n".format(value, path.replace("%", "%25")) for value, path in rows).encode("utf-8")


def exhibit_of(path: str) -> str:
    """Return the reference of the exhibit whose file this is: data/exhibits/JS_1.txt is JS/1."""
    folder, _, name = path.rpartition("/")
    return name.rpartition(".")[0].replace("_", "/") or name.replace("_", "/") if folder == "data/exhibits" else ""


# --- reading the folder without following a link --------------------------------------------------------------------------


def tree(folder: str, problems: list[Problem]) -> set[str]:
    """Return the paths of all regular files in a folder; note links, special files and folders that hold nothing."""
    files: set[str] = set()
    waiting = [""]
    while waiting:
        at = waiting.pop()
        entries = sorted(os.scandir(os.path.join(folder, at)), key=lambda entry: entry.name)
        if not entries and at:
            problems.append(Problem("extra", at, "a folder that the seal does not know"))
        for entry in entries:
            path = f"{at}/{entry.name}" if at else entry.name
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                waiting.append(path)
            elif stat.S_ISREG(mode):
                files.add(path)
            else:
                problems.append(Problem("link", path, "a link or special file where only plain files may stand"))
    return files


def _plainly(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def read_small(folder: str, path: str, limit: int) -> bytes:
    """Return the bytes of a file of the bundle.

    Raises:
        ValueError: it is larger than the limit.
    """
    with open(os.path.join(folder, path), "rb", opener=_plainly) as file:
        # As much as there is, and a byte more to see that it grew: a buffer of the whole limit would be asked for at once.
        data = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)
    if len(data) > limit:
        raise ValueError(f"larger than {limit} bytes")
    return data


def file_sum(folder: str, path: str) -> FileSum:
    """Return the size and hashes of a file of the bundle."""
    first, second, size = hashlib.sha256(), hashlib.sha512(), 0
    with open(os.path.join(folder, path), "rb", buffering=0, opener=_plainly) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            first.update(chunk)
            second.update(chunk)
    return FileSum(path, size, first.hexdigest(), second.hexdigest())


# --- the checks ---------------------------------------------------------------------------------------------------------


def inspect(folder: str, trust: Trust | None = None, outside: Outside | None = None) -> Report:
    """Check a bundle and return what was found; a bundle that cannot even be read is a report with problems."""
    outside = outside or Outside()
    problems: list[Problem] = []
    try:
        found = tree(folder, problems)
    except OSError as error:
        return Report({}, (), 0, 0, trust is not None, (Problem("unreadable", "", _reason(error)),))
    seal = _document(folder, "seal.json", SEAL_LIMIT, problems)
    head = _check_seal(seal, trust, problems)
    rows = _check_rows(_document(folder, "manifest.json", LIST_LIMIT, problems), problems)
    if head and rows:
        _check_root(head, rows, problems)
    listed = {row["path"]: row for row in rows if "path" in row}
    before = len(problems)
    payload = _check_payload(folder, found, listed, problems)
    sound = len(problems) == before
    beside = beside_names(head)
    problems.extend(Problem("missing", name, "the file is not there") for name in sorted(set(beside) - found))
    receipts = _check_receipts(folder, found, seal, problems) if head else ()
    # Without a list that can be read, nothing can be said about the payload.
    known = {*beside, *listed, *(path for path in found if head and _RECEIPT_NAME.fullmatch(path))}
    unknown = sorted(path for path in found - known if rows or not path.startswith("data/"))
    problems.extend(Problem("extra", path, "a file that the seal does not know") for path in unknown)
    stamp = ""
    if head:
        _check_beside(folder, head, payload if rows and sound else None, problems)
        stamp = _check_stamp(folder, head, seal, outside.roots, problems) if head["stamped"] else ""
        _check_anchor(head, seal, outside.anchor, problems)
    exhibits = tuple(exhibit for exhibit in map(exhibit_of, sorted(listed)) if exhibit)
    return Report(
        head, exhibits, len(listed), len(rows) - len(listed), trust is not None, tuple(problems),
        stamp, bool(stamp and outside.roots), receipts, outside.anchor is not None,
    )  # fmt: skip


def beside_names(head: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files that must stand beside the payload, but for receipts."""
    return (*BESIDE, STAMP) if head.get("stamped") else BESIDE


def _document(folder: str, name: str, limit: int, problems: list[Problem]) -> Any:  # noqa: ANN401 - any JSON value
    try:
        data = read_small(folder, name, limit)
        value = strict_json(data)
        if canonical(value) != data:
            problems.append(Problem("format", name, "not in its one canonical form (RFC 8785)"))
    except FileNotFoundError:
        return None  # noted as missing
    except (OSError, ValueError) as error:
        problems.append(Problem("format", name, _reason(error)))
        return None
    return value


def _check_seal(seal: Any, trust: Trust | None, problems: list[Problem]) -> Mapping[str, Any]:  # noqa: ANN401
    if seal is None:
        return {}
    if not isinstance(seal, dict) or set(seal) != {"head", "sig"} or not _is_hex(seal["sig"], _HEX128):
        problems.append(Problem("format", "seal.json", "not a head and a signature"))
        return {}
    head = seal["head"]
    wrong = _head_fault(head)
    if wrong:
        problems.append(Problem("format", "seal.json", wrong))
        return {}
    key = bytes.fromhex(head["key"])
    if not ed25519_verify(key, SEAL_CONTEXT + canonical(head), bytes.fromhex(seal["sig"])):
        problems.append(Problem("signature", "seal.json", "the signature does not fit the seal"))
    if trust and key != trust.key:
        problems.append(Problem("key", "seal.json", "sealed with another key than the one given"))
    if trust and trust.authority and head["sealed_by"] != trust.authority:
        problems.append(Problem("key", "seal.json", "sealed in another name than that of the card given"))
    return head  # type: ignore[no-any-return]


def _head_fault(head: Any) -> str:  # noqa: ANN401 - any JSON value
    if not isinstance(head, dict) or set(head) != HEAD_KEYS:
        return "the head has not exactly its ten fields"
    if head["version"] != 1 or isinstance(head["version"], bool):
        return "a version of the seal that this verifier does not know"
    tags = head["tags"]
    good = (
        all(isinstance(head[name], str) and head[name] and not _UNPRINTABLE.search(head[name]) for name in _NAMES)
        and type(head["count"]) is int
        and _is_hex(head["root"], _HEX64)
        and _is_hex(head["key"], _HEX64)
        and isinstance(head["sealed_at"], str)
        and _INSTANT.fullmatch(head["sealed_at"])
        and isinstance(head["stamped"], bool)
        and (head["previous"] is None or _is_hex(head["previous"], _HEX64))
        and isinstance(tags, dict)
        and set(tags) == set(TAGGED)
        and all(_is_hex(value, _HEX64) for value in tags.values())
    )
    return "" if good else "a field of the head is not of its kind"


_NAMES = ("case", "sealed_by")


def _is_hex(value: Any, form: re.Pattern[str]) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(value, str) and form.fullmatch(value) is not None


def _check_rows(rows: Any, problems: list[Problem]) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    if rows is None:
        return []
    if not isinstance(rows, list) or not rows or not all(_is_row(row) for row in rows):
        problems.append(Problem("format", "manifest.json", "not a list of well-formed rows"))
        return []
    last = b""
    for name in (row["path"] for row in rows if "path" in row):
        if name.encode("utf-8") <= last:
            problems.append(Problem("order", name, "its row is out of order or stands twice"))
        last = name.encode("utf-8")
    return rows


def _is_row(row: Any) -> bool:  # noqa: ANN401 - any JSON value
    if not isinstance(row, dict):
        return False
    if set(row) == WITHHELD_KEYS:
        return _is_hex(row["leaf"], _HEX64) and row["reason"] == "withheld"
    return (
        set(row) == ROW_KEYS
        and _is_hex(row["sha256"], _HEX64)
        and _is_hex(row["salt"], _HEX32)
        and type(row["size"]) is int
        and row["size"] >= 0
        and isinstance(row["path"], str)
        and is_payload_path(row["path"])
    )


def is_payload_path(path: str) -> bool:
    """Return whether a text can be the path of a payload file: below data/, in NFC, climbing nowhere."""
    parts = path.split("/")
    return (
        len(parts) > 1
        and parts[0] == "data"
        and _NO_NAMES.isdisjoint(parts)
        and not _UNPRINTABLE.search(path)
        and unicodedata.normalize("NFC", path) == path
    )


def _check_root(head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], problems: list[Problem]) -> None:
    if head["count"] != len(rows):
        problems.append(Problem("root", "manifest.json", "not as many rows as were sealed"))
    leaves = [leaf_hash(row) if "path" in row else bytes.fromhex(row["leaf"]) for row in rows]
    if merkle_root(leaves).hex() != head["root"]:
        problems.append(Problem("root", "manifest.json", "the list does not give the sealed root"))


def _check_payload(
    folder: str, found: set[str], listed: Mapping[str, Mapping[str, Any]], problems: list[Problem]
) -> list[FileSum]:
    payload = []
    for path, row in listed.items():
        if path not in found:
            problems.append(Problem("missing", path, "the file is not there"))
            continue
        try:
            file = file_sum(folder, path)
        except OSError as error:
            problems.append(Problem("unreadable", path, _reason(error)))
            continue
        payload.append(file)
        if file.size != row["size"] or file.sha256 != row["sha256"]:
            problems.append(Problem("changed", path, "the bytes are not those that were sealed"))
    return payload


def _check_beside(
    folder: str, head: Mapping[str, Any], payload: Sequence[FileSum] | None, problems: list[Problem]
) -> None:
    there: dict[str, bytes] = {}
    for name in beside_names(head):
        try:
            there[name] = read_small(folder, name, LIST_LIMIT)
        except FileNotFoundError:  # noted as missing
            there[name] = b""
        except (OSError, ValueError) as error:
            problems.append(Problem("unreadable", name, _reason(error)))
            there[name] = b""
    other = [name for name in TAGGED if hashlib.sha256(there[name]).hexdigest() != head["tags"][name]]
    problems.extend(Problem("changed", name, "not the file that was sealed") for name in other)
    follows = bag_files(head, payload) if payload is not None else {}  # else they differ for a reason already given
    follows.update(tag_lists({name: data for name, data in there.items() if name not in TAG_LISTS}))
    wrong = [name for name, data in follows.items() if there[name] != data]
    problems.extend(Problem("bag", name, "not what the seal and the payload give") for name in wrong)


def _check_stamp(
    folder: str,
    head: Mapping[str, Any],
    seal: object,
    roots: Sequence[Certificate],
    problems: list[Problem],
) -> str:
    """Return the time that the stamp over this seal gives; note what is wrong with it."""
    try:
        reply = read_small(folder, STAMP, SEAL_LIMIT)
        stamp = read_stamp(reply)
        fault = stamp_fault(reply, roots) if roots else ""
    except FileNotFoundError:
        return ""  # noted as missing
    except (OSError, ValueError, IndexError, KeyError, StopIteration):
        problems.append(Problem("stamp", STAMP, "not a time stamp that can be read"))
        return ""
    if stamp.algorithm != "sha512" or stamp.digest != hashlib.sha512(canonical(seal)).digest():
        fault = "the time stamp is over another seal"
    elif abs(_seconds(stamp.time) - _seconds(head["sealed_at"])) > FARTHEST_STAMP_S:
        fault = fault or "the time stamp is more than a day from the time that the signer gave"
    if fault:
        problems.append(Problem("stamp", STAMP, fault))
    return stamp.time


def _seconds(text: str) -> float:
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()  # noqa: UP017


def _check_receipts(folder: str, found: set[str], seal: Any, problems: list[Problem]) -> tuple[str, ...]:  # noqa: ANN401
    names = sorted((path for path in found if _RECEIPT_NAME.fullmatch(path)), key=lambda path: int(path[9:-5]))
    receivers = []
    for number, name in enumerate(names, start=1):
        if name != f"{RECEIPTS}/{number}.json":
            problems.append(Problem("receipt", name, "a receipt before it is missing"))
            break
        receipt = _document(folder, name, SEAL_LIMIT, problems)
        if receipt is None:
            continue
        fault = receipt_fault(receipt, seal)
        if fault:
            problems.append(Problem("receipt", name, fault))
        else:
            receivers.append(receipt["body"]["received_by"])
    return tuple(receivers)


def receipt_fault(receipt: Any, seal: Any) -> str:  # noqa: ANN401 - any JSON values
    """Return why a receipt is none for a seal; nothing where it is one."""
    if not isinstance(receipt, dict) or set(receipt) != {"body", "key", "sig"}:
        return "not a body, a key and a signature"
    body = receipt["body"]
    if not isinstance(body, dict) or set(body) != BODY_KEYS or not _is_log_head(body["log_head"]):
        return "not the five fields of a receipt"
    good = (
        _is_hex(receipt["key"], _HEX64)
        and _is_hex(receipt["sig"], _HEX128)
        and isinstance(body["received_by"], str)
        and not _UNPRINTABLE.search(body["received_by"])
        and isinstance(body["received_at"], str)
        and _INSTANT.fullmatch(body["received_at"])
    )
    if not good:
        return "a field of the receipt is not of its kind"
    said = RECEIPT_CONTEXT + canonical(body)
    if not ed25519_verify(bytes.fromhex(receipt["key"]), said, bytes.fromhex(receipt["sig"])):
        return "the signature does not fit the receipt"
    if body["seal"] != hashlib.sha256(canonical(seal)).hexdigest() or body["root"] != seal["head"]["root"]:
        return "the receipt is over another seal"
    return ""


def _is_log_head(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return (
        isinstance(value, dict)
        and set(value) == {"size", "root"}
        and type(value["size"]) is int
        and value["size"] >= 0
        and _is_hex(value["root"], _HEX64)
    )


def _check_anchor(head: Mapping[str, Any], seal: Any, anchor: Any, problems: list[Problem]) -> None:  # noqa: ANN401
    if anchor is None:
        return
    fault = receipt_fault(anchor, seal)
    if fault == "the receipt is over another seal" and anchor["body"]["seal"] == head["previous"]:
        fault = "the receipt given is over the seal before this one"
    elif fault == "the receipt is over another seal":
        fault = "the receipt given is over another seal: this one was made in its place, or later"
    if fault:
        problems.append(Problem("anchor", "seal.json", fault))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return "cannot be read as text" if isinstance(error, UnicodeError) else f"cannot be read: {error}"


# --- the door -----------------------------------------------------------------------------------------------------------


def read_trust(text: str) -> Trust:
    """Return the key that a command line names: 64 hex letters, or a card file with signing_key and id.

    Raises:
        ValueError: it is neither.
    """
    if _HEX64.fullmatch(text.lower()):
        return Trust(bytes.fromhex(text))
    try:
        card = strict_json(read_small("", text, SEAL_LIMIT))
    except OSError as error:
        raise ValueError(_reason(error)) from error
    if not isinstance(card, dict) or not _is_hex(card.get("signing_key"), _HEX64):
        raise ValueError("no signing_key of 64 hex letters in it")
    name = card.get("id", "")
    return Trust(bytes.fromhex(card["signing_key"]), name if isinstance(name, str) else "")


def read_anchor(path: str) -> Mapping[str, Any]:
    """Return a receipt that a command line names.

    Raises:
        ValueError: it cannot be read as one.
    """
    try:
        found = strict_json(read_small("", path, SEAL_LIMIT))
    except OSError as error:
        raise ValueError(_reason(error)) from error
    if not isinstance(found, dict) or set(found) != {"body", "key", "sig"}:
        raise ValueError("not a receipt")
    return found


def as_json(report: Report) -> str:
    """Return a report as one line of JSON."""
    return json.dumps(
        {
            "ok": not report.problems,
            "root": report.root,
            "exhibits": report.exhibits,
            "files": report.files,
            "withheld": report.withheld,
            "key_compared": report.key_compared,
            "stamp": report.stamp or None,
            "stamp_compared": report.stamp_compared,
            "receipts": report.receipts,
            "anchored": report.anchored,
            "problems": [dict(problem._asdict(), exhibit=problem.exhibit) for problem in report.problems],
        }
    )


ENGLISH = "en"
LANGUAGES = {"sr-Cyrl": 0, "sr-Latn": 0, "sq": 1}
"""Where the words of each language stand beside the English ones; Serbian in Latin letters is made of the Cyrillic."""
_LATIN = {
    ord(one): other
    for ones, others in (
        ("абвгдђежзијклмнопрстћуфхцчш", "a b v g d đ e ž z i j k l m n o p r s t ć u f h c č š"),
        ("АБВГДЂЕЖЗИЈКЛМНОПРСТЋУФХЦЧШ", "A B V G D Đ E Ž Z I J K L M N O P R S T Ć U F H C Č Š"),
        ("љњџЉЊЏ", "lj nj dž Lj Nj Dž"),
    )
    for one, other in zip(ones, others.split())  # noqa: B905 - Python 3.8 has no strict
}
LABELS = ("case", "root", "checked", "key", "stamp", "receipts", "WRONG", "result")
# fmt: off
WORDS = {
    "case": ("предмет", "çështja"),
    "{}, sealed by {}": ("{}, запечатио {}", "{}, vulosur nga {}"),
    "at {} by the signer's own clock": ("у {} по часовнику потписника", "më {} sipas orës së nënshkruesit"),
    "root": ("корен", "rrënja"),
    "checked": ("проверено", "kontroll"),
    "{} files against the sealed list; {} withheld, not here to check": (
        "датотека према запечаћеном списку: {}; задржаних, којих овде нема: {}",
        "{} skedarë kundrejt listës së vulosur; {} të mbajtur, nuk janë këtu",
    ),
    "exhibits: {}": ("докази: {}", "provat materiale: {}"),
    "none": ("нема", "asnjë"),
    "the list against the root, the signature, README.txt and verify.py, the BagIt files": (
        "списак према корену, потпис, README.txt и verify.py, датотеке BagIt",
        "lista kundrejt rrënjës, nënshkrimi, README.txt dhe verify.py, skedarët BagIt",
    ),
    "key": ("кључ", "çelësi"),
    "unknown": ("непознат", "i panjohur"),
    "signer's key not compared: without --key anybody could have made this seal": (
        "кључ потписника није упоређен: без --key је овај печат могао направити свако",
        "çelësi i nënshkruesit nuk u krahasua: pa --key këtë vulë mund ta kishte bërë kushdo",
    ),
    "the one given": ("онај који је дат", "ai që u dha"),
    "NOT the one given": ("НИЈЕ онај који је дат", "NUK është ai që u dha"),
    "stamp": ("жиг", "vula kohore"),
    "none: the time of sealing is the signer's word":
        ("нема: време печаћења је реч потписника", "asnjë: koha e vulosjes është fjala e nënshkruesit"),
    "authority not compared: give --stamp-root":
        ("тело које га даје није упоређено: дајте --stamp-root", "autoriteti nuk u krahasua: jepni --stamp-root"),
    "receipts": ("потврде", "dëftesat"),
    "{}; {}": ("{}; {}", "{}; {}"),
    "none in the bundle": ("нема их у пакету", "asnjë në paketë"),
    "without --anchor nobody but the signer says that no other seal was made before": (
        "без --anchor нико осим потписника не каже да раније није направљен други печат",
        "pa --anchor askush përveç nënshkruesit nuk thotë se s'u bë vulë tjetër më parë",
    ),
    "the seal of the receipt given": ("печат из дате потврде", "vula e dëftesës së dhënë"),
    "NOT the seal of the receipt given": ("НИЈЕ печат из дате потврде", "NUK është vula e dëftesës së dhënë"),
    "exhibit {}, {}": ("доказ {}, {}", "prova {}, {}"),
    "WRONG": ("ПОГРЕШНО", "GABIM"),
    "result": ("исход", "përfundimi"),
    "unchanged since it was sealed": ("непромењено откако је запечаћено", "i pandryshuar që kur u vulos"),
    "NOT as it was sealed": ("НИЈЕ како је запечаћено", "NUK është siç u vulos"),
    "a folder that the seal does not know": ("фасцикла коју печат не познаје", "një dosje që vula nuk e njeh"),
    "a link or special file where only plain files may stand": (
        "веза или посебна датотека где смеју бити само обичне",
        "një lidhje a skedar i veçantë ku mund të ketë vetëm skedarë të thjeshtë",
    ),
    "the file is not there": ("датотеке нема", "skedari nuk është aty"),
    "a file that the seal does not know": ("датотека коју печат не познаје", "një skedar që vula nuk e njeh"),
    "not in its one canonical form (RFC 8785)":
        ("није у свом једином канонском облику (RFC 8785)", "nuk është në formën e vetme kanonike (RFC 8785)"),
    "not a head and a signature": ("није заглавље и потпис", "nuk është kokë dhe nënshkrim"),
    "the signature does not fit the seal": ("потпис не одговара печату", "nënshkrimi nuk i përshtatet vulës"),
    "sealed with another key than the one given":
        ("запечаћено другим кључем него што је дат", "vulosur me një çelës tjetër nga ai i dhënë"),
    "sealed in another name than that of the card given":
        ("запечаћено на друго име него на датој картици", "vulosur me një emër tjetër nga ai i kartës së dhënë"),
    "not a list of well-formed rows": ("није списак исправних редова", "nuk është listë rreshtash të rregullt"),
    "its row is out of order or stands twice":
        ("његов ред није на свом месту или стоји двапут", "rreshti i tij nuk është në vend ose është dy herë"),
    "not as many rows as were sealed": ("нема онолико редова колико је запечаћено", "nuk ka aq rreshta sa u vulosën"),
    "the list does not give the sealed root": ("списак не даје запечаћени корен", "lista nuk jep rrënjën e vulosur"),
    "the bytes are not those that were sealed":
        ("бајтови нису они који су запечаћени", "bajtët nuk janë ata që u vulosën"),
    "not the file that was sealed": ("није датотека која је запечаћена", "nuk është skedari që u vulos"),
    "not what the seal and the payload give":
        ("није оно што дају печат и садржај", "nuk është ajo që japin vula dhe përmbajtja"),
    "not a time stamp that can be read":
        ("није временски жиг који се може прочитати", "nuk është vulë kohore që mund të lexohet"),
    "a receipt before it is missing": ("недостаје потврда пре ње", "mungon një dëftesë para saj"),
    "nested too deeply": ("превише угнежђено", "tepër i ndërfutur"),
    "a key stands twice in one object": ("кључ стоји двапут у једном објекту", "një çelës është dy herë në një objekt"),
    "a number that is too large": ("превелик број", "një numër tepër i madh"),
    "a number that is no integer": ("број који није цео", "një numër që nuk është i plotë"),
    "not one signature": ("није један потпис", "nuk është një nënshkrim"),
    "nothing says what was signed": ("ништа не каже шта је потписано", "asgjë nuk thotë çfarë u nënshkrua"),
    "the certificate of who signed is not in it":
        ("у њему нема сертификата потписника", "certifikata e nënshkruesit nuk është në të"),
    "what was signed is no time stamp":
        ("што је потписано није временски жиг", "ajo që u nënshkrua nuk është vulë kohore"),
    "the signature is over another time stamp":
        ("потпис је над другим временским жигом", "nënshkrimi është mbi një vulë tjetër kohore"),
    "the signature does not fit": ("потпис не одговара", "nënshkrimi nuk përshtatet"),
    "its certificate is not for time stamps alone":
        ("његов сертификат није само за временске жигове", "certifikata e tij nuk është vetëm për vula kohore"),
    "a certificate was not valid at that time":
        ("сертификат тада није важио", "një certifikatë nuk vlente në atë kohë"),
    "it does not lead to the root that was given": ("не води до корена који је дат", "nuk çon te rrënja që u dha"),
    "larger than {} bytes": ("веће од {} бајтова", "më i madh se {} bajtë"),
    "the head has not exactly its ten fields":
        ("заглавље нема тачно својих десет поља", "koka nuk ka saktësisht dhjetë fushat e veta"),
    "a version of the seal that this verifier does not know":
        ("верзија печата коју овај проверавач не познаје", "një version i vulës që ky verifikues nuk e njeh"),
    "a field of the head is not of its kind":
        ("поље заглавља није своје врсте", "një fushë e kokës nuk është e llojit të vet"),
    "the time stamp is over another seal":
        ("временски жиг је над другим печатом", "vula kohore është mbi një vulë tjetër"),
    "the time stamp is more than a day from the time that the signer gave": (
        "временски жиг је више од дана удаљен од времена које је дао потписник",
        "vula kohore është më shumë se një ditë larg kohës që dha nënshkruesi",
    ),
    "not a body, a key and a signature": ("није тело, кључ и потпис", "nuk është trup, çelës dhe nënshkrim"),
    "not the five fields of a receipt": ("није пет поља потврде", "nuk janë pesë fushat e një dëftese"),
    "a field of the receipt is not of its kind":
        ("поље потврде није своје врсте", "një fushë e dëftesës nuk është e llojit të vet"),
    "the signature does not fit the receipt": ("потпис не одговара потврди", "nënshkrimi nuk i përshtatet dëftesës"),
    "the receipt is over another seal": ("потврда је над другим печатом", "dëftesa është mbi një vulë tjetër"),
    "the receipt given is over the seal before this one":
        ("дата потврда је над печатом пре овог", "dëftesa e dhënë është mbi vulën para kësaj"),
    "the receipt given is over another seal: this one was made in its place, or later": (
        "дата потврда је над другим печатом: овај је направљен уместо њега, или касније",
        "dëftesa e dhënë është mbi një vulë tjetër: kjo u bë në vend të saj, ose më vonë",
    ),
    "cannot be read as text": ("не може се прочитати као текст", "nuk mund të lexohet si tekst"),
    "cannot be read: {}": ("не може се прочитати: {}", "nuk mund të lexohet: {}"),
}
# fmt: on
"""What this file says, in Serbian (Cyrillic) and Albanian; {} is where a value stands."""


def as_text(report: Report, language: str = ENGLISH) -> str:
    """Return a report as lines for a person; names from the bundle are shown in ASCII, so that none can mislead."""
    width = 2 + max(len(told(label, language)) for label in LABELS)

    def line(label: str, text: str, *values: object) -> str:
        return told(label, language).ljust(width) + told(text, language).format(*values)

    head, lines = report.head, []
    if head:
        lines.append(line("case", "{}, sealed by {}", ascii(head["case"])[1:-1], ascii(head["sealed_by"])[1:-1]))
        lines.append(line("", "at {} by the signer's own clock", head["sealed_at"]))
        lines.append(line("root", "{}", report.root))
    lines.append(
        line(
            "checked", "{} files against the sealed list; {} withheld, not here to check", report.files, report.withheld
        )
    )
    names = ", ".join(ascii(name)[1:-1] for name in report.exhibits)
    lines.append(line("", "exhibits: {}", names or told("none", language)))
    lines.append(line("", "the list against the root, the signature, README.txt and verify.py, the BagIt files"))
    lines.append(line("key", "{}", _key_words(report, language)))
    if not report.key_compared:
        lines.append(line("", "signer's key not compared: without --key anybody could have made this seal"))
    lines.append(line("stamp", "{}", _stamp_words(report, language)))
    receivers = ", ".join(ascii(name)[1:-1] for name in report.receipts) or told("none in the bundle", language)
    lines.append(line("receipts", "{}; {}", receivers, told(_anchor_words(report), language)))
    for problem in report.problems:
        about, said = _about(problem, language), told(problem.text, language)
        lines.append(line("WRONG", "{}: {} [{}]", about, said, problem.code))
    lines.append(line("result", "NOT as it was sealed" if report.problems else "unchanged since it was sealed"))
    return "\n".join(lines)


def told(text: str, language: str) -> str:
    """Return a text of this file in a language, with what stands in its one place; as it is where there are no words for it."""
    if language not in LANGUAGES:
        return text
    at = LANGUAGES[language]
    if text in WORDS:
        return _written(WORDS[text][at], language)
    for one in (key for key in WORDS if key.count("{}") == 1):
        before, _, after = one.partition("{}")
        if before + after and text.startswith(before) and text.endswith(after) and len(text) > len(one) - 2:
            return _written(WORDS[one][at], language).format(text[len(before) : len(text) - len(after)])
    return text


def _written(own: str, language: str) -> str:
    return own.translate(_LATIN) if language == "sr-Latn" else own


def spoken(environ: Mapping[str, str]) -> str:
    """Return the tag of the language that a reader's locale asks for, as headwater finds it; English for any other."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environ[name] for name in names if environ.get(name)), "").lower()
    if re.match(r"sr(?![a-z])", locale):
        return "sr-Latn" if any(part in locale for part in ("latn", "latin", "_me")) else "sr-Cyrl"
    return "sq" if re.match(r"sq(?![a-z])", locale) else ENGLISH


def _about(problem: Problem, language: str) -> str:
    path = ascii(problem.path)[1:-1]
    if not problem.exhibit:
        return path
    return told("exhibit {}, {}", language).format(ascii(problem.exhibit)[1:-1], path)


def _key_words(report: Report, language: str) -> str:
    key = str(report.head.get("key") or told("unknown", language))
    if not report.key_compared:
        return key
    same = not any(problem.code == "key" for problem in report.problems) and report.head
    return f"{key}, {told('the one given' if same else 'NOT the one given', language)}"


def _stamp_words(report: Report, language: str) -> str:
    if not report.stamp:
        return told("none: the time of sealing is the signer's word", language)
    alone = "" if report.stamp_compared else told("authority not compared: give --stamp-root", language)
    return report.stamp + (f", {alone}" if alone else "")


def _anchor_words(report: Report) -> str:
    if not report.anchored:
        return "without --anchor nobody but the signer says that no other seal was made before"
    wrong = any(problem.code == "anchor" for problem in report.problems)
    return "NOT the seal of the receipt given" if wrong else "the seal of the receipt given"


_GIVE = {
    "--key": "give 64 hex letters or a card file",
    "--stamp-root": "give a file of certificates in PEM",
    "--anchor": "give a receipt file",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bundle that the command line names, print what was found, return the exit status."""
    parser = argparse.ArgumentParser(description="Check a sealed case bundle.")
    parser.add_argument("bundle", nargs="?", default=os.path.split(__file__)[0] or ".")
    parser.add_argument(
        "--key",
        "--trust",
        metavar="HEX|CARD.json",
        help="the signer's public key, from elsewhere than the bundle",
    )
    parser.add_argument("--stamp-root", metavar="CA.pem", help="certificates of time-stamp authorities that you trust")
    parser.add_argument("--anchor", metavar="RECEIPT.json", help="a receipt for this bundle that somebody else kept")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    at = "--key"
    try:
        trust = read_trust(options.key) if options.key else None
        at = "--stamp-root"
        roots = read_roots(options.stamp_root) if options.stamp_root else ()
        at = "--anchor"
        anchor = read_anchor(options.anchor) if options.anchor else None
    except (ValueError, IndexError) as error:
        sys.stderr.write(f"error {at[2:]}: {error}; {at}; {_GIVE[at]}\n")
        return BAD_KEY
    report = inspect(options.bundle, trust, Outside(roots, anchor))
    sys.stdout.write((as_json(report) if options.json else _for_reader(report)) + "\n")
    return NOT_TRUE if report.problems else OK


def _for_reader(report: Report) -> str:
    """Return a report in the language of whoever looks at the terminal; English where it has no letters for it."""
    text = as_text(report, spoken(os.environ) if sys.stdout.isatty() else ENGLISH)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return as_text(report)
    return text


if __name__ == "__main__":
    sys.exit(main())
