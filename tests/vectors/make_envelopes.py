"""Writes the envelope vectors, one file for each scenario.  make_envelopes.py FOLDER

Sealing draws chance, so every run writes other bytes with the same outcomes; the files in the repository are one run. The
expected result is written down here for each scenario by hand: it is not asked from the code under test.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headwater.exchange.suite import XWING, key_id, sign, signing_public

RECIPIENT_SEED = hashlib.sha256(b"headwater vector recipient").digest()
OTHER_RECIPIENT_SEED = hashlib.sha256(b"headwater vector other recipient").digest()
SENDER_SEED = hashlib.sha256(b"headwater vector sender").digest()
OTHER_SENDER_SEED = hashlib.sha256(b"headwater vector other sender").digest()
RECIPIENT_KEY = XWING.public_key(RECIPIENT_SEED)
NOW = "2026-03-02T09:00:00Z"
ID = "0195566a-0000-7000-8000-000000000001"
BODY = b'{"kind":"ping"}'
HEADER: dict[str, Any] = {
    "v": 1,
    "id": ID,
    "from": "UK-NCA",
    "to": "RS-MOI",
    "seq": 1,
    "lane": "normal",
    "suite": "647a-1-2",
    "skid": key_id(signing_public(SENDER_SEED)),
    "rkid": key_id(RECIPIENT_KEY),
    "ts": "2026-03-02T08:59:00Z",
    "exp": "2026-03-09T09:00:00Z",
}


@dataclass
class Made:
    """An envelope in its parts."""

    header: bytes
    content: bytes

    def whole(self) -> bytes:
        return len(self.header).to_bytes(2, "big") + self.header + self.content


def header_bytes(**changes: Any) -> bytes:
    values = {**HEADER, **changes}
    return json.dumps({key: value for key, value in values.items() if value is not ...}, separators=(",", ":")).encode()


def made(
    header: bytes | None = None,
    body: bytes = BODY,
    *,
    signer: bytes = SENDER_SEED,
    sealed_for: bytes = RECIPIENT_KEY,
    signed_for: bytes | None = None,
    signed_header: bytes | None = None,
    signed_body: bytes | None = None,
    info: bytes = b"headwater/env/1\0",
    label: bytes = b"headwater/sig/1\0",
    signature: Callable[[bytes], bytes] = lambda given: given,
) -> Made:
    """Seal as the specification says, apart from what the scenario changes."""
    header = header_bytes() if header is None else header
    digest = hashlib.sha256(header).digest()
    message = (
        label
        + hashlib.sha256(header if signed_header is None else signed_header).digest()
        + hashlib.sha256(body if signed_body is None else signed_body).digest()
        + hashlib.sha256(sealed_for if signed_for is None else signed_for).digest()
    )
    return Made(header, XWING.sealer(sealed_for)(signature(sign(signer, message)) + body, info + digest))


def nested(levels: int) -> bytes:
    return b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def scenarios() -> Iterator[dict[str, Any]]:
    yield from good()
    yield from framing()
    yield from headers()
    yield from trust()
    yield from times()
    yield from seals()
    yield from signatures()
    yield from bodies()


def case(name: str, envelope: bytes | Made, result: str = "ok", **changes: Any) -> dict[str, Any]:
    """Return one scenario; `changes` replace what the receiver knows."""
    whole = envelope.whole() if isinstance(envelope, Made) else envelope
    return {
        "name": name,
        "envelope": whole.hex(),
        "keys": {
            "recipient_seed": changes.get("recipient_seed", RECIPIENT_SEED).hex(),
            "sender_public": changes.get("sender_public", signing_public(SENDER_SEED)).hex(),
        },
        "me": changes.get("me", "RS-MOI"),
        "peer": changes.get("peer", "UK-NCA"),
        "now": changes.get("now", NOW),
        "result": result,
        "body": changes["body"].hex() if "body" in changes else None,
        **({"then_zero_bytes": changes["then_zero_bytes"]} if "then_zero_bytes" in changes else {}),
    }


def good() -> Iterator[dict[str, Any]]:
    bodies = {
        "ping": BODY,
        "empty object": b"{}",
        "serbian cyrillic": '{"name":"Ђорђе Шћепановић"}'.encode(),
        "serbian latin": '{"name":"Đorđe Šćepanović"}'.encode(),
        "albanian": '{"name":"Përparim Çelë"}'.encode(),
        "decomposed letters": '{"name":"S\u030ckipetar"}'.encode(),
        "right to left override": '{"name":"a\u202eb"}'.encode(),
        "surrogate pair escaped": b'{"a":"\\ud83d\\ude00"}',
        "keys not in order": b'{"b":1,"a":2}',
        "white space around": b' {"a" : 1 }\n',
        "numbers": b'{"a":[0,1,-1,9007199254740991,-9007199254740991,0.1,1e10,1.5E-3]}',
        "same key in two objects": b'{"a":{"k":1},"b":{"k":2}}',
        "depth 64": nested(64),
        "brackets in a string": b'{"a":"' + b"[" * 200 + b'"}',
        "escaped quotes": b'{"a":"\\"[{\\\\"}',
        "8 KiB": b'{"a":"' + b"x" * 8183 + b'"}',
        "dangerous name": b'{"__proto__":{"a":1}}',
        "float noise": b'{"a":0.1000000000000000055511151231257827}',
    }
    for name, body in bodies.items():
        yield case(f"good {name}", made(body=body), body=body)
    changed: dict[str, dict[str, Any]] = {
        "urgent": {"lane": "urgent"},
        "largest seq": {"seq": 2**53 - 1},
        "fraction of a second": {"ts": "2026-03-02T08:59:00.123456Z"},
        "last identifier of its millisecond": {"id": "0195566a-ffff-7fff-bfff-ffffffffffff"},
    }
    for name, changes in changed.items():
        yield case(f"good {name}", made(header_bytes(**changes)), body=BODY)
    shuffled = json.dumps(dict(sorted(HEADER.items(), reverse=True)), separators=(",", ":")).encode()
    yield case("good header keys in another order", made(shuffled), body=BODY)
    spaced = json.dumps(HEADER, indent=2).encode()
    yield case("good header with white space", made(spaced), body=BODY)
    padded = header_bytes() + b" " * (4096 - len(header_bytes()))
    yield case("good header of 4096 bytes", made(padded), body=BODY)
    escaped = header_bytes().replace(b'"lane"', b'"\\u006cane"')
    yield case("good header with an escaped key", made(escaped), body=BODY)
    yield case("good other sender", made(header_bytes(**{"from": "XK-KP"})), body=BODY, peer="XK-KP")
    long_name = made(header_bytes(**{"from": "UK-NCA-CCU"}))
    yield case("good authority in three parts", long_name, body=BODY, peer="UK-NCA-CCU")


def framing() -> Iterator[dict[str, Any]]:
    whole = made().whole()
    yield case("framing nothing", b"", "bad-header")
    yield case("framing one byte", b"\x01", "bad-header")
    yield case("framing length only", b"\x01\x00", "bad-header")
    yield case("framing no header", b"\x00\x00" + made().content, "bad-header")
    yield case("framing header cut short", whole[:100], "bad-header")
    yield case("framing header to the last byte but one", whole[: 1 + len(made().header)], "bad-header")
    yield case("framing length one too small", (len(made().header) - 1).to_bytes(2, "big") + whole[2:], "bad-header")
    yield case("framing length one too large", (len(made().header) + 1).to_bytes(2, "big") + whole[2:], "bad-header")
    yield case("framing length 4097", (4097).to_bytes(2, "big") + whole[2:], "too-large")
    yield case("framing length 65535", b"\xff\xff" + whole[2:], "too-large")
    yield case("framing 4097 bytes of header", made(header_bytes() + b" " * (4097 - len(header_bytes()))), "too-large")
    yield case("framing over 4 MiB", whole, "too-large", then_zero_bytes=4 * 1024 * 1024 + 1 - len(whole))
    yield case(
        "framing 4 MiB of which the end is not ours", whole, "bad-seal", then_zero_bytes=4 * 1024 * 1024 - len(whole)
    )
    yield case("framing header only", whole[: 2 + len(made().header)], "bad-seal")


def headers() -> Iterator[dict[str, Any]]:
    for key in HEADER:
        yield case(f"header without {key}", made(header_bytes(**{key: ...})), "bad-header")
        yield case(f"header with {key} null", made(header_bytes(**{key: None})), "bad-header")
    for key in ("id", "from", "to", "lane", "suite", "skid", "rkid", "ts", "exp"):
        yield case(f"header with {key} a number", made(header_bytes(**{key: 7})), "bad-header")
        yield case(f"header with {key} empty", made(header_bytes(**{key: ""})), "bad-header")
        yield case(f"header with {key} a list", made(header_bytes(**{key: [HEADER[key]]})), "bad-header")
    values: dict[str, tuple[str, Any]] = {
        "v 2": ("v", 2),
        "v 0": ("v", 0),
        "v true": ("v", True),
        "v 1.0": ("v", 1.0),
        "v text": ("v", "1"),
        "seq 0": ("seq", 0),
        "seq negative": ("seq", -1),
        "seq true": ("seq", True),
        "seq 1.0": ("seq", 1.0),
        "seq text": ("seq", "1"),
        "seq 2^53": ("seq", 2**53),
        "seq 2^64": ("seq", 2**64),
        "id in capitals": ("id", ID.upper()),
        "id version 4": ("id", ID.replace("-7000-", "-4000-")),
        "id variant": ("id", ID.replace("-8000-", "-c000-")),
        "id without hyphens": ("id", ID.replace("-", "")),
        "id with a Cyrillic a": ("id", ID.replace("a", "\u0430")),
        "from in small letters": ("from", "uk-nca"),
        "from without a state": ("from", "NCA"),
        "from with a space": ("from", "UK-NCA "),
        "to with a line end": ("to", "RS-MOI\n"),
        "lane flash": ("lane", "flash"),
        "lane in capitals": ("lane", "NORMAL"),
        "suite unknown": ("suite", "647a-1-3"),
        "suite classical": ("suite", "0020-1-2"),
        "skid in capitals": ("skid", HEADER["skid"].upper()),
        "skid short": ("skid", HEADER["skid"][:-1]),
        "rkid long": ("rkid", HEADER["rkid"] + "0"),
        "ts with an offset": ("ts", "2026-03-02T09:59:00+01:00"),
        "ts with +00:00": ("ts", "2026-03-02T08:59:00+00:00"),
        "ts without a zone": ("ts", "2026-03-02T08:59:00"),
        "ts a day": ("ts", "2026-03-02"),
        "ts in small letters": ("ts", "2026-03-02t08:59:00z"),
        "ts of a day that is none": ("ts", "2026-02-30T08:59:00Z"),
        "ts of hour 24": ("ts", "2026-03-02T24:00:00Z"),
        "exp a number": ("exp", 1773046800),
        "exp of month 13": ("exp", "2026-13-01T00:00:00Z"),
    }
    for name, (key, value) in values.items():
        yield case(f"header {name}", made(header_bytes(**{key: value})), "bad-header")
    text = header_bytes()
    changed = {
        "with one key more": text[:-1] + b',"note":1}',
        "with seq twice": text[:-1] + b',"seq":1}',
        "with to twice escaped": text[:-1] + b',"\\u0074o":"RS-MOI"}',
        "in a list": b"[" + text + b"]",
        "a text": b'"' + b"x" * 20 + b'"',
        "not JSON": text[:-1],
        "two documents": text + b"{}",
        "with a byte order mark": b"\xef\xbb\xbf" + text,
        "in UTF-16": text.decode().encode("utf-16"),
        "not UTF-8": text.replace(b"UK-NCA", b"UK-NC\xff"),
        "with a comma too many": text[:-1] + b",}",
        "with a comment": text + b"//x",
        "in single quotes": text.replace(b'"', b"'"),
        "with NaN": text.replace(b'"seq":1', b'"seq":NaN'),
        "with minus zero": text.replace(b'"seq":1', b'"seq":-0'),
        "with seq 01": text.replace(b'"seq":1', b'"seq":01'),
        "with seq 1e0": text.replace(b'"seq":1', b'"seq":1e0'),
        "with a lone surrogate": text.replace(b'"lane":"normal"', b'"lane":"\\ud800"'),
        "nested too deeply": text.replace(b'"seq":1', b'"seq":' + b"[" * 100 + b"]" * 100),
    }
    for name, header in changed.items():
        yield case(f"header {name}", made(header), "bad-header")


def trust() -> Iterator[dict[str, Any]]:
    yield case("recipient is another authority", made(header_bytes(to="ME-MUP")), "wrong-recipient")
    yield case("recipient of the same state", made(header_bytes(to="RS-CERT")), "wrong-recipient")
    yield case("recipient is the sender", made(header_bytes(to="UK-NCA")), "wrong-recipient")
    yield case("recipient key is unknown", made(header_bytes(rkid="0" * 64)), "wrong-recipient")
    other = XWING.public_key(OTHER_RECIPIENT_SEED)
    forwarded = made(header_bytes(rkid=key_id(other)), sealed_for=other)
    yield case("recipient key is another node's", forwarded, "wrong-recipient")
    yield case("recipient has another key now", made(), "wrong-recipient", recipient_seed=OTHER_RECIPIENT_SEED)
    yield case("forwarded unchanged to a third state", made(), "wrong-recipient", me="ME-MUP")
    yield case("sender is unknown", made(header_bytes(**{"from": "XK-KP"})), "unknown-key")
    yield case("sender is another authority of the state", made(header_bytes(**{"from": "UK-NCSC"})), "unknown-key")
    yield case("sender key is unknown", made(header_bytes(skid="0" * 64)), "unknown-key")
    stranger = signing_public(OTHER_SENDER_SEED)
    yield case(
        "sender key is a stranger's", made(header_bytes(skid=key_id(stranger)), signer=OTHER_SENDER_SEED), "unknown-key"
    )
    yield case("sender has another key now", made(), "unknown-key", sender_public=stranger)
    both = made(header_bytes(to="ME-MUP", **{"from": "XK-KP"}))
    yield case("recipient is asked before the sender", both, "wrong-recipient")


def times() -> Iterator[dict[str, Any]]:
    yield case("time at expiry", made(), "expired", now="2026-03-09T09:00:00Z")
    yield case("time long after expiry", made(), "expired", now="2036-03-09T09:00:00Z")
    yield case("time a microsecond before expiry", made(), now="2026-03-09T08:59:59.999999Z", body=BODY)
    yield case(
        "time years after sending",
        made(header_bytes(exp="2036-01-01T00:00:00Z")),
        now="2035-01-01T00:00:00Z",
        body=BODY,
    )
    yield case("time 300 s ahead", made(header_bytes(ts="2026-03-02T09:05:00Z")), body=BODY)
    yield case("time 301 s ahead", made(header_bytes(ts="2026-03-02T09:05:01Z")), "clock")
    yield case("time a microsecond over 300 s ahead", made(header_bytes(ts="2026-03-02T09:05:00.000001Z")), "clock")
    yield case(
        "time ten years ahead", made(header_bytes(ts="2036-03-02T09:00:00Z", exp="2036-04-01T00:00:00Z")), "clock"
    )
    yield case("time of a receiver ten years behind", made(), "clock", now="2016-03-02T09:00:00Z")
    yield case("time expired before it was sent", made(header_bytes(exp="2026-03-02T08:00:00Z")), "expired")
    early = made(header_bytes(ts="2026-03-02T10:00:00Z", exp="2026-03-02T08:00:00Z"))
    yield case("time expired is asked before the clock", early, "expired")
    unknown = made(header_bytes(skid="0" * 64, exp="2026-03-02T08:00:00Z"))
    yield case("sender is asked before the time", unknown, "unknown-key")
    yield case("time is asked before the seal", Made(header_bytes(exp="2026-03-02T08:00:00Z"), bytes(1300)), "expired")


def seals() -> Iterator[dict[str, Any]]:
    one = made()
    content, start = one.content, 2 + len(one.header)
    for name, changed in {
        "first byte of enc changed": flipped(content, 0),
        "middle of enc changed": flipped(content, 600),
        "X25519 part of enc changed": flipped(content, 1090),
        "last byte of enc changed": flipped(content, 1119),
        "first byte of ct changed": flipped(content, 1120),
        "a byte of the body changed": flipped(content, 1120 + 64 + 3),
        "tag changed": flipped(content, len(content) - 1),
        "last byte missing": content[:-1],
        "first byte missing": content[1:],
        "one byte more": content + b"\0",
        "ct missing": content[:1120],
        "ct of a tag only": content[:1136],
        "all zero": bytes(len(content)),
        "low order X25519 point": content[:1088] + bytes(32) + content[1120:],
        "doubled": content + content,
    }.items():
        yield case(f"seal with {name}", Made(one.header, changed), "bad-seal")
    for key, value in {
        "id": "0195566a-0000-7000-8000-000000000002",
        "seq": 2,
        "lane": "urgent",
        "ts": "2026-03-02T08:58:00Z",
        "exp": "2026-03-10T09:00:00Z",
    }.items():
        yield case(f"seal under a header with another {key}", Made(header_bytes(**{key: value}), content), "bad-seal")
    yield case("seal under a header with a space more", Made(one.header + b" ", content), "bad-seal")
    yield case("seal of another envelope", Made(one.header, made(header_bytes(seq=9)).content), "bad-seal")
    yield case("seal with another info", made(info=b"headwater/env/2\0"), "bad-seal")
    yield case("seal without info", made(info=b""), "bad-seal")
    other = XWING.public_key(OTHER_RECIPIENT_SEED)
    yield case("seal for another key under our name", made(sealed_for=other), "bad-seal")
    whole = one.whole()
    yield case("envelope twice", whole + whole, "bad-seal")
    yield case("envelope with its header's first bit changed", flipped(whole, start - len(one.header)), "bad-header")


def signatures() -> Iterator[dict[str, Any]]:
    other = XWING.public_key(OTHER_RECIPIENT_SEED)
    for name, changed in {
        "of a stranger": made(signer=OTHER_SENDER_SEED),
        "for another recipient, sealed anew for us": made(signed_for=other),
        "over another header": made(signed_header=header_bytes(seq=2)),
        "over another body": made(signed_body=b'{"kind":"alert"}'),
        "with another label": made(label=b"headwater/sig/2\0"),
        "for a receipt": made(label=b"headwater/receipt/1\0"),
        "of zeros": made(signature=lambda given: bytes(64)),
        "with a bit changed in R": made(signature=lambda given: flipped(given, 0)),
        "with a bit changed in S": made(signature=lambda given: flipped(given, 40)),
        "cut short": made(signature=lambda given: given[:63]),
        "missing": made(signature=lambda given: b""),
        "after the body": made(body=b"", signature=lambda given: BODY + given),
        "with S too large": made(signature=_large_s),
        "and nothing else": made(body=b"", signature=lambda given: given[:10]),
    }.items():
        yield case(f"signature {name}", changed, "bad-signature")


def _large_s(given: bytes) -> bytes:
    """Add the order of the group to S: the same equation, but not the one spelling of it (RFC 8032, 5.1.7)."""
    order = 2**252 + 27742317777372353535851937790883648493
    return given[:32] + (int.from_bytes(given[32:], "little") + order).to_bytes(32, "little")


def bodies() -> Iterator[dict[str, Any]]:
    for name, body in {
        "nothing": b"",
        "white space": b" ",
        "a text": b'"x"',
        "a number": b"1",
        "null": b"null",
        "a list": b"[]",
        "not JSON": b"{",
        "two documents": b"{}{}",
        "a comma too many": b'{"a":1,}',
        "a comment": b'{"a":1}//x',
        "single quotes": b"{'a':1}",
        "a key twice": b'{"a":1,"a":2}',
        "a key twice below": b'{"a":{"k":1,"k":1}}',
        "a key twice in a list": b'{"a":[{"k":1,"k":1}]}',
        "a key twice, escaped": b'{"k":1,"\\u006b":2}',
        "NaN": b'{"a":NaN}',
        "an infinity": b'{"a":Infinity}',
        "minus an infinity": b'{"a":-Infinity}',
        "a number that overflows": b'{"a":1e999}',
        "a minus zero": b'{"a":-0}',
        "2^53": b'{"a":9007199254740993}',
        "many digits": b'{"a":' + b"9" * 400 + b"}",
        "a high surrogate alone": b'{"a":"\\ud800"}',
        "a low surrogate alone": b'{"a":"\\udc00x"}',
        "surrogates in the wrong order": b'{"a":"\\udc00\\ud800"}',
        "a surrogate in a key": b'{"\\ud800":1}',
        "no UTF-8": b'{"a":"\xff"}',
        "overlong UTF-8": b'{"a":"\xc0\xaf"}',
        "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
        "a byte order mark": b"\xef\xbb\xbf{}",
        "UTF-16": "{}".encode("utf-16"),
        "a NUL": b"\0",
        "a NUL in a key": b'{"a\\u0000b":1}',
        "depth 65": nested(65),
        "depth 2000": nested(2000),
        "objects 65 deep": b'{"a":' * 65 + b"1" + b"}" * 65,
        "a control in a string": b'{"a":"\x01"}',
        "a number with a leading zero": b'{"a":01}',
        "a number with a plus": b'{"a":+1}',
    }.items():
        yield case(f"body {name}", made(body=body), "bad-body")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    names = set()
    for number, scenario in enumerate(scenarios(), start=1):
        name = "-".join("".join(letter if letter.isalnum() else " " for letter in scenario["name"]).split()).lower()
        names.add(name)
        file = folder / f"{number:03}-{name}.json"
        file.write_text(json.dumps(scenario, indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    print(f"{len(names)} scenarios in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
