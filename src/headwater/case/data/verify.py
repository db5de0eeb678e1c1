"""Check a sealed case bundle with nothing but Python's standard library and the signer's public key.

    python3 -I verify.py [BUNDLE] [--key HEX|CARD.json] [--json]

BUNDLE is the folder that holds seal.json; left out, the folder that this file stands in. The exit status is 0 when
everything in the bundle is as it was sealed, 76 when anything is not, 65 when the key that was given cannot be read.
Run the copy of this file that you trust: one that came with a bundle was made by whoever made the bundle.

What is checked: no file or folder is extra, missing or a link; the list (manifest.json) is in order and well formed;
every listed file has its sealed size and SHA-256; the list gives the sealed Merkle root; the signature over the seal is
right (Ed25519, RFC 8032); the seal is by the key that was given; README.txt, verify.py and the BagIt files are what the
seal says. Duplicate JSON keys are refused.
"""

# A path is hashed as the text that it is; pathlib would tidy it first.
# ruff: noqa: PTH118
from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import stat
import sys
import unicodedata
from typing import Any, Iterable, Mapping, NamedTuple, Sequence  # noqa: UP035 - a stranger's Python may be old

OK, BAD_KEY, NOT_TRUE = 0, 65, 76

SEAL_CONTEXT = b"headwater-seal-v1\0"
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


class Report(NamedTuple):
    """What was checked and what was wrong."""

    head: Mapping[str, Any]
    exhibits: tuple[str, ...]
    files: int
    withheld: int
    key_compared: bool
    problems: tuple[Problem, ...]

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
    if len(key) != 32 or len(signature) != 64:  # noqa: PLR2004 - RFC 8032, section 5.1.5 and 5.1.6
        return False
    point = _unpack(key)
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or scalar >= _L or _pack(_times(8, point)) == _pack((0, 1, 1, 0)):
        return False  # a key of small order fits any message
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _L
    minus = (_P - point[0], point[1], 1, _P - point[3])
    return _pack(_add(_times(scalar, _BASE), _times(hashed, minus))) == signature[:32]


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
        data = file.read(limit + 1)
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


def inspect(folder: str, trust: Trust | None = None) -> Report:
    """Check a bundle and return what was found; a bundle that cannot even be read is a report with problems."""
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
    problems.extend(Problem("missing", name, "the file is not there") for name in sorted(set(BESIDE) - found))
    # Without a list that can be read, nothing can be said about the payload.
    unknown = sorted(path for path in found - set(BESIDE) - set(listed) if rows or not path.startswith("data/"))
    problems.extend(Problem("extra", path, "a file that the seal does not know") for path in unknown)
    if head:
        _check_beside(folder, head, payload if rows and sound else None, problems)
    exhibits = tuple(exhibit for exhibit in map(exhibit_of, sorted(listed)) if exhibit)
    return Report(head, exhibits, len(listed), len(rows) - len(listed), trust is not None, tuple(problems))


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
    if head["stamped"] is not False:
        return "a time stamp, which this verifier does not know"
    tags = head["tags"]
    good = (
        all(isinstance(head[name], str) and head[name] and not _UNPRINTABLE.search(head[name]) for name in _NAMES)
        and type(head["count"]) is int
        and _is_hex(head["root"], _HEX64)
        and _is_hex(head["key"], _HEX64)
        and isinstance(head["sealed_at"], str)
        and _INSTANT.fullmatch(head["sealed_at"])
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
        and not any(part in ("", ".", "..") for part in parts)
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
    for name in BESIDE:
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
    follows.update(tag_lists({name: there[name] for name in (*TAGGED, *SIGNED, *BAG)}))
    wrong = [name for name, data in follows.items() if there[name] != data]
    problems.extend(Problem("bag", name, "not what the seal and the payload give") for name in wrong)


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
            "problems": [dict(problem._asdict(), exhibit=problem.exhibit) for problem in report.problems],
        }
    )


def as_text(report: Report) -> str:
    """Return a report as lines for a person; names from the bundle are shown in ASCII, so that none can mislead."""
    head, lines = report.head, []
    if head:
        lines.append(f"case      {ascii(head['case'])[1:-1]}, sealed by {ascii(head['sealed_by'])[1:-1]}")
        lines.append(f"          at {head['sealed_at']} by the signer's own clock")
        lines.append(f"root      {report.root}")
    lines.append(
        f"checked   {report.files} files against the sealed list; {report.withheld} withheld, not here to check"
    )
    lines.append(f"          exhibits: {', '.join(ascii(name)[1:-1] for name in report.exhibits) or 'none'}")
    lines.append("          the list against the root, the signature, README.txt and verify.py, the BagIt files")
    lines.append("key       " + _key_words(report))
    lines.extend(f"WRONG     {_about(problem)}: {problem.text} [{problem.code}]" for problem in report.problems)
    lines.append("result    " + ("NOT as it was sealed" if report.problems else "unchanged since it was sealed"))
    return "\n".join(lines)


def _about(problem: Problem) -> str:
    words = f"exhibit {problem.exhibit}, {problem.path}" if problem.exhibit else problem.path
    return ascii(words)[1:-1]


def _key_words(report: Report) -> str:
    key = report.head.get("key", "unknown")
    if not report.key_compared:
        return f"{key}\n          signer's key not compared: without --key anybody could have made this seal"
    same = not any(problem.code == "key" for problem in report.problems) and report.head
    return f"{key}, " + ("the one given" if same else "NOT the one given")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bundle that the command line names, print what was found, return the exit status."""
    parser = argparse.ArgumentParser(description="Check a sealed case bundle.")
    parser.add_argument("bundle", nargs="?", default=os.path.split(__file__)[0] or ".")
    parser.add_argument(
        "--key", metavar="HEX|CARD.json", help="the signer's public key, from elsewhere than the bundle"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    try:
        trust = read_trust(options.key) if options.key else None
    except ValueError as error:
        sys.stderr.write(f"error key: {error}; --key; give 64 hex letters or a card file\n")
        return BAD_KEY
    report = inspect(options.bundle, trust)
    sys.stdout.write((as_json(report) if options.json else as_text(report)) + "\n")
    return NOT_TRUE if report.problems else OK


if __name__ == "__main__":
    sys.exit(main())
