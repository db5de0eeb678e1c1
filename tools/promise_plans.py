"""What shows the promises of a node, command by command: what every merge runs, and what a night runs."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
MUTANTS: Final = "mutants"
LEAST_KILLED: Final = 95.0
"""Percent of the mutants of each room that must die (goal Q1)."""
PYTEST: Final = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
NOT_DEEP: Final = ("-m", "not deep")
HISTORY_PARTS: Final = 10
"""Lines over which a night's histories are spread, so that one which is broken off loses no more than a tenth of them."""
FUZZ_PARTS: Final = 26
"""Of two readers each: half an hour."""
MUTANT_PARTS: Final = {"model": 3, "policy": 3, "exchange": 12, "store": 4}
SABOTAGE_PARTS: Final = 8


@dataclass(frozen=True, slots=True)
class Task:
    """One command that shows a part of a figure.

    Attributes:
        figure: R1 to Q1.
        title: what is shown.
        words: what Python is given.
        must_fail: whether the command has to find something, as it runs with a known fault.
    """

    figure: str
    title: str
    words: tuple[str, ...]
    must_fail: bool = False


def merge(seed: int, scale: float) -> Iterator[Task]:
    """Yield what every merge needs, the longest first."""
    first = seed * 1_000

    def so_many(count: int) -> int:
        return max(1, round(count * scale))

    yield Task(
        "R3",
        "simulated histories",
        ("-m", "headwater.testing.sim", "--seeds", f"{first}:{first + so_many(1_000)}", "--json"),
    )
    yield Task(
        "R1",
        "kills of a writer",
        ("-m", "headwater.testing.crash", "--cycles", str(so_many(1_000)), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R2",
        "power cuts",
        ("-m", "headwater.testing.powercut", "--cuts", str(so_many(5_000)), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R2",
        "losses seen with less syncing",
        ("-m", "headwater.testing.powercut", "--cuts", "40", "--synchronous", "NORMAL", "--json"),
        must_fail=True,
    )
    yield Task(
        "R1",
        "kills of whole nodes and of a writer's planted faults",
        (
            *PYTEST,
            *NOT_DEEP,
            "--deselect=tests/crash/test_nodes_killed.py::test_a_planted_fault_is_found",
            "tests/crash/test_nodes_killed.py",
            "tests/crash/test_kill.py",
        ),
    )
    yield Task(
        "R4",
        "2 x 400 messages over nine network faults",
        (*PYTEST, *NOT_DEEP, "tests/crash/test_network_faults.py", "tests/unit/testing/test_proxy.py"),
    )
    yield Task(
        "R5", "every write, sync and open fails, ENOSPC and EIO", (*PYTEST, *NOT_DEEP, "tests/crash/test_full_disk.py")
    )
    yield Task(
        "R6",
        "clocks ahead, behind, frozen, backward, DST",
        (*PYTEST, *NOT_DEEP, "-k", "clock", "tests/e2e/test_error_table.py", "tests/e2e/test_clocks.py"),
    )
    yield Task(
        "R7",
        "frozen stores open and verify, newer ones are refused",
        (*PYTEST, *NOT_DEEP, "tests/vectors/test_stores.py", "tests/hostile/test_damaged_stores.py"),
    )
    yield Task("S1", "vectors", (*PYTEST, *NOT_DEEP, "tests/vectors", "tests/unit/exchange/test_suite.py"))
    yield Task(
        "S2", "mutated files", ("-m", "tests.fuzz.fuzz_formats", "--seconds", str(scale / 2), "--seed", str(seed))
    )
    yield Task(
        "S3",
        "authorisation matrix with effect diff",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/authz",
            "tests/property/test_view.py",
            "tests/unit/web/test_taxii.py",
            "tests/unit/web/test_partner.py",
            "tests/unit/web/test_matching.py",
        ),
    )
    yield Task("S4", "hostile files and their twins", (*PYTEST, *NOT_DEEP, "tests/hostile"))
    yield Task(
        "S5",
        "canaries",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/e2e/test_canaries.py",
            "tests/e2e/test_canaries_at_doors.py",
            "tests/property/test_case_hidden.py",
        ),
    )
    yield Task(
        "S6",
        "tampered ledgers",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/property/test_ledger_tampering.py",
            "tests/property/test_proof_tampering.py",
            "tests/property/test_witness.py",
            "tests/unit/store/test_append_only.py",
        ),
    )
    yield Task("S7", "the wheel, built twice and installed", ("-m", "tools.wheel_check", "--without-demo"))
    yield Task(
        "S7",
        "locks, hashes, deploy",
        (
            *PYTEST,
            *NOT_DEEP,
            "tests/arch/test_repository.py",
            "tests/arch/test_bootstrap.py",
            "tests/arch/test_deploy.py",
            "tests/arch/test_sbom.py",
        ),
    )
    yield Task("S8", "ASVS rows", (*PYTEST, *NOT_DEEP, "tests/arch/test_asvs.py"))
    yield Task(
        "Q1",
        "mutants of changed lines",
        (
            "-m",
            "tools.mutants",
            "--changed",
            base(),
            "--seconds",
            str(round(15 * scale, 1)),
            "--functions-only",
            "--least",
            "80",
        ),
    )


def deep(seed: int, scale: float) -> Iterator[Task]:
    """Yield the night's work; `scale` is the share of it."""
    first = 1_000_000 + seed * 100_000

    def so_many(count: int) -> str:
        return str(max(1, round(count * scale)))

    for part in range(HISTORY_PARTS):
        begin = first + part * 100_000 // HISTORY_PARTS
        yield Task(
            "R3",
            f"simulated histories, part {part + 1} of {HISTORY_PARTS}",
            (
                "-m",
                "headwater.testing.sim",
                "--seeds",
                f"{begin}:{begin + int(so_many(100_000 // HISTORY_PARTS))}",
                "--json",
            ),
        )
    yield Task(
        "R2",
        "power cuts",
        ("-m", "headwater.testing.powercut", "--cuts", so_many(100_000), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R1",
        "kills of a writer",
        ("-m", "headwater.testing.crash", "--cycles", so_many(10_000), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R1",
        "kills of whole nodes",
        ("-m", "headwater.testing.nodes", "--kills", so_many(1_000), "--seed", str(seed), "--json"),
    )
    yield Task(
        "R1",
        "planted faults found by kills of whole nodes",
        (*PYTEST, "tests/crash/test_nodes_killed.py", "-k", "planted"),
    )
    for fault in ("delay", "drop", "reset", "cut_up", "cut_down", "slow", "black_hole", "corrupt", "duplicate"):
        words = (
            "-m",
            "headwater.testing.network",
            "--messages",
            so_many(100_000),
            "--fault",
            fault,
            "--after-bytes",  # some forty messages: a fault for each, and still a night
            "200000",
            "--seed",
            str(seed),
            "--json",
        )
        yield Task("R4", f"messages over lines with {fault.replace('_', ' ')}", words)
    yield Task(
        "R4",
        "messages in a storm of kills, bad lines and full disks",
        ("-m", "headwater.testing.storm", "--messages", so_many(100_000), "--seed", str(seed), "--json"),
    )
    yield from _in_parts(seed, scale)
    yield Task(
        "Q1", "every room of the exercise broken", (*PYTEST, "-m", "deep or not deep", "tests/e2e/test_plants.py")
    )
    yield Task(
        "R5",
        "every one of many writes, syncs and opens fails",
        (*PYTEST, "-m", "deep or not deep", "tests/crash/test_full_disk.py"),
    )
    yield Task(
        "S6",
        "ten thousand tampered ledgers",
        (*PYTEST, "-m", "deep or not deep", "tests/property/test_ledger_tampering.py"),
    )
    yield Task(
        "R7", "ten thousand damaged stores", (*PYTEST, "-m", "deep or not deep", "tests/hostile/test_damaged_stores.py")
    )
    yield Task(
        "S3",
        "stores in PostgreSQL",
        (
            *PYTEST,
            "--postgres",
            *NOT_DEEP,
            "tests/unit/store",
            "tests/contract/test_store_contract.py",
            "tests/unit/exchange",
            "tests/unit/web",
        ),
    )
    yield Task(
        "R1",
        "two servers over one PostgreSQL database",
        (*PYTEST, "tests/e2e/test_postgres.py", "tests/e2e/test_postgres_workers.py"),
    )
    yield Task("Q1", "the same answers on Spark", (*PYTEST, *NOT_DEEP, "-k", "spark", "tests/peer"))
    yield Task("S7", "the wheel, built twice, installed, and the exercise run from it", ("-m", "tools.wheel_check"))
    again = {"R6", "S1", "S4", "S5", "S7", "S8"}
    yield from (task for task in merge(seed, 1.0) if task.figure in again and "tools.wheel_check" not in task.words)


def _in_parts(seed: int, scale: float) -> Iterator[Task]:
    """Yield what takes many hours, in lines of half an hour or so each: what breaks off loses no more."""

    def parts(figure: str, title: str, count: int, *words: str) -> Iterator[Task]:
        for part in range(1, count + 1):
            yield Task(figure, f"{title}, part {part} of {count}", ("-m", *words, "--part", f"{part}/{count}"))

    drawn = ("--seed", str(seed))
    seconds = str(max(1, round(900 * scale)))
    yield from parts("S2", "mutated files", FUZZ_PARTS, "tests.fuzz.fuzz_formats", "--seconds", seconds, *drawn)
    for room, count in MUTANT_PARTS.items():
        sample = str(max(count, round(5_000 * scale)))
        # A part may be below what all of them together must reach: that is for the log to say.
        words = ("tools.mutants", room, "--sample", sample, *drawn, "--least", "85")
        yield from parts("Q1", f"{MUTANTS} of {room}", count, *words)
    yield from parts("Q1", "planted faults", SABOTAGE_PARTS, "tools.sabotage")


PLANS: Final = {"merge": merge, "deep": deep}


def base() -> str:
    """Where the branch left the main one, for the lines that were changed; the last commit where there is no other."""
    found = git("merge-base", "HEAD", "main")
    return found if found and found != git("rev-parse", "HEAD") else "HEAD~1"


def git(*words: str) -> str:
    """Return what git says here; nothing where it refuses."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
