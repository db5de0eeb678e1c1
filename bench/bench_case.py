"""Sealing and verifying a case of many small files, beside bagit (Library of Congress) on the same files in the same run.

Both hash every file with SHA-256 and SHA-512. bagit signs nothing, and finds neither an added folder nor a bag that was
saved again; it is the peer for the cost of hashing, not for what is proved. CPU seconds of this process, best of three.
"""

import contextlib
import hashlib
import json
import logging
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

    figures = {"seal": best(seal_it, clear), "verify": best(check_it, lambda: None)}
    with contextlib.suppress(ModuleNotFoundError):
        import bagit  # type: ignore[import-not-found,unused-ignore]

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
    for task in ("seal", "verify"):
        ours, theirs = figures[task], figures.get(f"bagit {task}")
        ratio = theirs and round(ours / theirs, 2)
        how = (
            f"CPU s, {FILES} files of {BYTES} bytes, best of {ROUNDS}; peer bagit {'and' if theirs else 'NOT'} measured"
        )
        line = {
            "figure": f"case {task}",
            "headwater": round(ours, 3),
            "peer": theirs and round(theirs, 3),
            "ratio": ratio,
        }
        sys.stdout.write(json.dumps({**line, "how": how}) + "\n")
        if ratio is not None:
            results.append({"name": f"case {task}", "ratio": ratio, "at_most": 2.0, "what": "CPU against bagit"})
    sys.stdout.write(json.dumps({"results": results}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
