"""Every goal of the case room beside its peers, in one run.

Times are CPU seconds of one process. The peers: bagit (Library of Congress), which hashes in place, copies nothing, waits
for no disk and signs nothing; case_validate (case-utils) and roc-validator, in a folder of their own; and the least that a
task could cost: to copy the files and wait until they are on the disk, which any durable bundle must, and to read and hash
each with SHA-256 and SHA-512, which any check of a bag must. What cannot be had on a machine is not printed.

On an ext4 without a journal a new file costs a look at every file that was removed nearby in the last minutes (the kernel's
`recently_deleted`): where this ran shortly before, give it another folder (TMPDIR) or five minutes, or seal and copy take
twice as long.
"""

import csv
import hashlib
import json
import logging
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from headwater.case.bundle import seal  # noqa: E402 - the tests' own made-up cases are used too
from headwater.case.folder import new_case  # noqa: E402
from headwater.case.graph_check import check_graph  # noqa: E402
from headwater.case.model import CaseFile  # noqa: E402
from headwater.case.paper import Paper, Part, pdf_of  # noqa: E402
from headwater.case.seal import Signer  # noqa: E402
from headwater.case.verifier import Trust, verify  # noqa: E402
from headwater.model.ids import AuthorityId  # noqa: E402
from tools import peers  # noqa: E402

FILES = 10_000
BYTES = 10_000
GRAPH = 1_000
ROWS = 1_000
BUNDLES = 50
PEER_CPU_S = 120
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
Row = dict[str, Any]


class Fixed:
    """A clock that stands and a chance that repeats."""

    def now(self) -> datetime:
        """The time of the benchmark."""
        return NOW

    def draw(self, count: int) -> bytes:
        """Bytes that look random."""
        return hashlib.shake_256(b"bench").digest(count)


def cpu(work: Callable[[], object], rounds: int = 1) -> float:
    """Least CPU seconds of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


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


def sealing(top: Path) -> Iterator[Row]:
    """Seal and verify FILES files."""
    make_case(top / "case")
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signer = Signer(AuthorityId("UK-NCA"), key.public_key().public_bytes_raw(), key.sign)
    bundle, copy = top / "bundle", top / "copy"

    def copy_durably() -> None:
        copy.mkdir()
        for path in (top / "case" / "exhibits").iterdir():
            (copy / path.name).write_bytes(path.read_bytes())
        os.sync()

    def hash_all() -> None:
        for path in (bundle / "data" / "exhibits").iterdir():
            data = path.read_bytes()
            hashlib.sha256(data).digest()
            hashlib.sha512(data).digest()

    least = cpu(copy_durably)
    taken: list[CaseFile] = []
    read = cpu(lambda: taken.append(new_case(top / "case")))
    ours = cpu(lambda: seal(taken[0], bundle, signer, Fixed(), Fixed()))
    found = verify(bundle, Trust(signer.public_key))
    assert not found.problems
    assert len(found.exhibits) == FILES
    checked = cpu(lambda: verify(bundle, Trust(signer.public_key)), 2)
    yield figure("seal", ours, "copied and on the disk", least, at_most=6.0, goal="1.0 s CPU on idle cores")
    yield figure(
        "read and seal", read + ours, "copied and on the disk", least, goal="none; to read a case hashes it too"
    )
    yield figure("verify", checked, "read and hashed", cpu(hash_all, 2), at_most=4.0, goal="1.0 s CPU")
    import bagit

    logging.disable(logging.CRITICAL)
    sums = ["sha256", "sha512"]
    made = cpu(lambda: bagit.make_bag(str(copy), checksums=sums))
    yield figure("seal", ours, "bagit.make_bag", made, at_most=1.0, goal="1.0 s, where bagit takes 1.0")
    judged = cpu(lambda: bagit.Bag(str(copy)).validate())
    yield figure("verify", checked, "bagit validate", judged, at_most=1.0, goal="bagit 0.4")


def tampering() -> Iterator[Row]:
    """All known tamperings, by us and by bagit."""
    import bagit

    logging.disable(logging.CRITICAL)
    from tests.case_world import TRUST, made_case, sealed
    from tests.property.test_case_tampering import HARMLESS, KNOWN

    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        original = top / "original"
        sealed(made_case(top / "case"), original)
        # Those of stamps and receipts need a bundle that has them, and an insider is found by a receipt alone: see the tests.
        left_out = ("stamp", "receipt", "signer's key")
        applicable = {key: change for key, (_, change) in KNOWN.items() if not any(word in key for word in left_out)}
        ours = theirs = refused = 0
        for number, change in enumerate([*applicable.values(), *HARMLESS.values()]):
            copy = Path(shutil.copytree(original, top / str(number)))
            change(copy)
            found = bool(verify(copy, TRUST).problems)
            if number >= len(applicable):
                refused += found
                continue
            ours += found
            try:
                bagit.Bag(str(copy)).validate()
            except (bagit.BagError, bagit.BagValidationError):
                theirs += 1
    total = len(applicable)
    said = f"{ours} of {total}; bagit {theirs}; {refused} of {len(HARMLESS)} harmless ones refused"
    yield {"name": "case tampering found", "ratio": ours / total, "at_least": 1.0, "what": said}
    yield {"name": "case harmless refused", "ratio": float(refused), "at_most": 0.0, "what": said}


def defects(judges: Path | None) -> Iterator[Row]:
    """The known defects of CASE graphs, by us and by case_validate."""
    shared = os.environ.get("HEADWATER_SHARED")
    folder = Path(shared or "/nowhere") / "data" / "case" / "case-graph"
    if not folder.is_dir():
        return
    rows = list(csv.DictReader((folder / "expected.csv").read_text("utf-8").splitlines()))
    ours = 0
    for row in rows:
        codes = {one.code for one in check_graph((folder / row["file"]).read_bytes(), file=row["file"], now=NOW)}
        wanted = row["code_that_must_appear"]
        ours += codes == ({wanted} if wanted else set())
    theirs = "not here"
    if judges is not None:
        told = judged(judges, "--graphs-only", *(folder / row["file"] for row in rows))
        theirs = str(sum(bool(row["graph"]) for row in told))
    said = f"{ours - 1} of {len(rows) - 1} with exactly the right code and the sound one taken; case_validate {theirs}"
    yield {"name": "case CASE defects", "ratio": ours / len(rows), "at_least": 1.0, "what": said}


def graph_of(count: int) -> bytes:
    """A sound graph of some exhibits."""
    from tests.unit.case import test_graph_check as world

    first, *rest = world.good().values()
    vertices: list[Any] = []
    for number in range(count):
        text = json.dumps(rest).replace("0000-4000", f"{number:04}-4000").replace("JS/1", f"JS/{number + 1}")
        vertices += json.loads(
            text.replace('"kb:facet', f'"kb:facet-{number}').replace('"kb:hash', f'"kb:hash-{number}')
        )
    listed = [{"@id": vertex["@id"]} for vertex in vertices if "person" not in vertex["@id"]]
    return world.document([{**first, "core:object": listed}, *vertices])


def graphs(judges: Path | None) -> Iterator[Row]:
    """A graph of GRAPH exhibits."""
    data = graph_of(GRAPH)
    assert check_graph(data, file="x", now=NOW) == []
    ours = cpu(lambda: check_graph(data, file="x", now=NOW), 5)
    what = f"{ours:.3f} s CPU for {GRAPH} exhibits"
    yield {"name": "case graph seconds", "ratio": round(ours, 3), "at_most": 0.1, "what": what}
    if judges is None:
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "case.jsonld"
        path.write_bytes(data)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_CPU, (PEER_CPU_S, PEER_CPU_S))

        words = [sys.executable, str(ROOT / "tools" / "case_judges.py"), "--graphs-only", str(path)]
        env = {**os.environ, "PYTHONPATH": str(judges)}
        subprocess.run(words, env=env, capture_output=True, check=False, preexec_fn=limit)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        theirs = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = f"case_validate {theirs:.0f} s CPU (ended at {PEER_CPU_S})"
    yield {"name": "case graph / case_validate", "ratio": round(ours / theirs, 5), "at_most": 0.01, "what": said}


def papers() -> Iterator[Row]:
    """A schedule of ROWS rows."""
    rows = [(str(at), f"Item {at}: Снимак приколице, gate camera still", "node UK-NCA", "") for at in range(ROWS)]
    columns = (("No.", "auto"), ("Description", "6"), ("Location", "2"), ("D / I / CND", "1"))
    part = Part(heading="Items", columns=columns, rows=rows)
    paper = Paper(title="MG6C", short="MG6C", author="UK-NCA", facts=(), parts=(part,), wide=True)
    pdf_of(Paper(title="x", short="x", author="x", facts=(), parts=()), NOW)  # the fonts are loaded once
    made: list[bytes] = []
    ours = cpu(lambda: made.append(pdf_of(paper, NOW)))
    made.append(pdf_of(paper, NOW))
    what = f"{ours:.2f} s CPU, {len(made[0])} bytes, the same twice: {made[0] == made[1]}"
    yield {"name": "case schedule seconds", "ratio": round(ours, 3), "at_most": 2.0, "what": what}
    yield {"name": "case schedule the same twice", "ratio": float(made[0] == made[1]), "at_least": 1.0, "what": what}


def bundles(judges: Path | None) -> Iterator[Row]:
    """Made-up cases, each judged by bagit, roc-validator, case_validate and openssl."""
    if judges is None:
        return
    from tests.peer.test_case_judges import judge

    with tempfile.TemporaryDirectory() as name:
        against = judge(Path(name), judges, range(BUNDLES))
    said = f"bagit, roc-validator, case_validate, openssl ts -verify: {len(against)} said no"
    passed = BUNDLES - len({line.split(": ")[0] for line in against})
    yield {
        "name": f"case bundles passed of {BUNDLES}",
        "ratio": float(passed),
        "at_least": float(BUNDLES),
        "what": said,
    }


def tested() -> Iterator[Row]:
    """Goals that a test shows."""
    for name, test, what in (
        ("completeness and numbering", "tests/property/test_case_schedules.py", "up to 20 random supplements"),
        ("leaks of 500 canaries", "tests/e2e/test_canaries.py", "all output bytes, the node's home as a backup"),
        ("bad input named", "tests/unit/cli/test_case_refusals.py", "exit and word of each row"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", str(ROOT / test)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"{what}: {done.stdout.strip().splitlines()[-1:]}"
        yield {"name": f"case {name}", "ratio": float(done.returncode == 0), "at_least": 1.0, "what": said}


def figure(task: str, ours: float, peer: str, theirs: float, *, goal: str, at_most: float | None = None) -> Row:
    """One task beside one peer."""
    said = f"{ours:.2f} s CPU beside {theirs:.2f} ({peer}); {FILES} files of {BYTES} bytes; goal {goal}"
    return {"name": f"case {task} / {peer}", "ratio": round(ours / theirs, 2), "at_most": at_most, "what": said}


def judged(judges: Path, *words: str | Path) -> list[Row]:
    """What the judges say of each bundle or graph."""
    command = [sys.executable, str(ROOT / "tools" / "case_judges.py"), *map(str, words)]
    env = {**os.environ, "PYTHONPATH": str(judges)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main() -> int:
    """Print each result as a line of JSON, then all as one."""
    try:
        judges: Path | None = peers.bring(peers.JUDGES)
    except peers.PeerError as error:
        print(json.dumps({"note": str(error)}))
        judges = None
    results: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for part in (
            papers(),
            graphs(judges),
            defects(judges),
            tampering(),
            sealing(Path(name)),
            bundles(judges),
            tested(),
        ):
            for row in part:
                print(json.dumps(row), flush=True)
                results.append(row)
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
