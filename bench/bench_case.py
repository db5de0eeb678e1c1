"""Sealing and verifying a case of many small files, beside the least that it could cost and beside bagit, in one run.

The least: to copy the files and wait until each is on the disk, which any durable bundle must; to read and hash each with
SHA-256 and SHA-512, which any check of a bag must. bagit (Library of Congress) is measured where it is installed: it
hashes in place, copies nothing, waits for no disk and signs nothing. CPU seconds of this process, best of three.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headwater.case.bundle import seal
from headwater.case.folder import new_case
from headwater.case.seal import Signer
from headwater.case.verifier import Trust, verify
from headwater.model.ids import AuthorityId

FILES = 2_000
BYTES = 10_000
ROUNDS = 3
GOALS = {
    ("seal", "least", "copying the files and waiting for the disk"): 5.0,
    ("verify", "least", "reading and hashing the files"): 3.0,
    ("seal", "bagit", "bagit.make_bag, in place, not synced"): 8.0,
    ("verify", "bagit", "bagit validate"): 1.0,
}
"""Task, peer and what the peer does: the most that the ratio may be."""


class Fixed:
    """A clock that stands and a chance that repeats."""

    def now(self) -> datetime:
        """The time of the benchmark."""
        return datetime(2026, 11, 25, tzinfo=UTC)

    def draw(self, count: int) -> bytes:
        """Bytes that look random."""
        return hashlib.shake_256(b"bench").digest(count)


def make_case(folder: Path) -> None:
    """Write a made-up case of FILES exhibits."""
    (folder / "exhibits").mkdir(parents=True)
    exhibits = []
    for number in range(1, FILES + 1):
        name = f"exhibits/AB_{number}.bin"
        (folder / name).write_bytes(hashlib.shake_256(b"%d" % number).digest(BYTES))
        exhibits.append(
            {
                "ref": f"AB/{number}",
                "file": name,
                "description": f"Image {number} of the made-up benchmark",
                "producer": "P1",
                "captured_at": "2026-02-11T04:12:00Z",
                "handling": "TLP:AMBER",
                "status": "evidential",
            }
        )
    head = {
        "urn": "00EX0000999",
        "operation": "OP BENCH",
        "purpose": "measure",
        "lead_node": "uk",
        "opened": "2026-02-11T06:00:00Z",
        "profile": "cps-dg6",
    }
    persons = [
        {"id": "P1", "category": "witness", "name": "A. Bench"},
        {"id": "P2", "category": "victim", "name": "Person Of Nobody", "contact": "+000 555 0199"},
    ]
    text = json.dumps({"case": head, "persons": persons, "exhibits": exhibits})
    (folder / "case.json").write_text(text, encoding="utf-8")


def best(work: Callable[[], object], between: Callable[[], object]) -> float:
    """Least CPU seconds of several rounds; what is done between rounds is not measured."""
    seconds = []
    for _ in range(ROUNDS):
        between()
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def measure(top: Path) -> dict[str, float]:
    """CPU seconds of each task."""
    make_case(top / "case")
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signer = Signer(AuthorityId("UK-NCA"), key.public_key().public_bytes_raw(), key.sign)
    bundle, bag = top / "bundle", top / "bag"

    def clear() -> None:
        shutil.rmtree(bundle, ignore_errors=True)

    def seal_it() -> None:
        seal(new_case(top / "case"), bundle, signer, Fixed(), Fixed())

    def check_it() -> None:
        found = verify(bundle, Trust(signer.public_key))
        assert not found.problems
        assert len(found.exhibits) == FILES

    def copy_durably() -> None:
        for path in (top / "case" / "exhibits").iterdir():
            with (bag / path.name).open("wb") as file:
                file.write(path.read_bytes())
                os.fsync(file.fileno())

    def empty() -> None:
        shutil.rmtree(bag, ignore_errors=True)
        bag.mkdir()

    def hash_all() -> None:
        for path in (bundle / "data" / "exhibits").iterdir():
            data = path.read_bytes()
            hashlib.sha256(data).digest()
            hashlib.sha512(data).digest()

    figures = {"seal": best(seal_it, clear), "verify": best(check_it, lambda: None)}
    figures |= {"least seal": best(copy_durably, empty), "least verify": best(hash_all, lambda: None)}
    # A peer that need not be installed: without it, its two lines are not printed.
    with contextlib.suppress(ModuleNotFoundError):
        import bagit

        logging.disable(logging.CRITICAL)

        def copy() -> None:
            shutil.rmtree(bag, ignore_errors=True)
            shutil.copytree(top / "case" / "exhibits", bag)

        sums = ["sha256", "sha512"]
        figures["bagit seal"] = best(lambda: bagit.make_bag(str(bag), checksums=sums), copy)
        figures["bagit verify"] = best(lambda: bagit.Bag(str(bag)).validate(), lambda: None)
    return figures


def main() -> int:
    """Print each figure as a line of JSON, then all results as one."""
    with tempfile.TemporaryDirectory() as name:
        figures = measure(Path(name))
    results = []
    for (task, peer, what), at_most in GOALS.items():
        ours, theirs = figures[task], figures.get(f"{peer} {task}")
        if theirs is None:
            continue
        ratio = round(ours / theirs, 2)
        name = f"case {task} / {peer}"
        how = f"CPU s, {FILES} files of {BYTES} bytes, best of {ROUNDS}; peer: {what}"
        line = {"figure": name, "headwater": round(ours, 3), "peer": round(theirs, 3), "ratio": ratio, "how": how}
        sys.stdout.write(json.dumps(line) + "\n")
        results.append({"name": name, "ratio": ratio, "at_most": at_most, "what": what})
    sys.stdout.write(json.dumps({"results": results}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
