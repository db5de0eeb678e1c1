"""Scans kept at a node for tests of its pages: a vehicle with a person and a weapon in it, and findings about them."""

from dataclasses import replace

import numpy as np

from headwater.formats.scan_write import neutral_tiff
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey, RecordId
from headwater.model.record import Mention, Origin, Record
from headwater.node import Node, findings, runs
from headwater.ports import Event
from headwater.store import Transaction
from tests.node_world import WRITER, as_user
from tests.scan_world import META

PERSON = (300, 40, 340, 120)
WEAPON = (20, 20, 60, 50)
OUTLINE = 2 * ((np.add.outer(np.arange(80) // 4, np.arange(40) // 4)) % 2) - 1
"""What there is to be made out of a person: a pattern as fine as a hand."""


def pixels(seed: int = 5) -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint16]]":
    """Counts behind a vehicle with a bright and a dark thing in it."""
    draw = np.random.default_rng(seed)
    made = draw.normal(40_000, 200, (2, 160, 400))
    made[:, 40:120, 300:340] -= 12_000 + 6_000 * OUTLINE
    made[:, 20:50, 20:60] -= 25_000
    return made.clip(1, 65_000).astype(np.uint16)


def dark() -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint16]]":
    """Counts behind a vehicle with something in it that no ray comes through."""
    made = pixels(6)
    made[:, 60:90, 100:140] = 1
    return made


def keep(
    node: Node, name: str, data: bytes, *, plate: str = "ZZ00TST", purposes: frozenset[str] | None = None
) -> Record:
    """Keep an image as a record, past the door that refuses made ones."""
    ref = BlobHash(node.store.put_blob(data))
    key = EntityKey(f"vehicle:{plate}")
    record = Record(
        origin=Origin(node.authority, "scan", file=name, sha256=ref),
        handling=Handling(codes=frozenset({"P"}), purposes=purposes),
        mentions=(Mention(key, "Vehicle"),),
        facts=(),
        blobs=(ref,),
    )

    def change(tx: Transaction) -> None:
        tx.add_record(record)
        tx.note(Event("store.read", WRITER, ref, "oic", {"source": "scan"}))

    node.store.write(change)
    return record


def claim(node: Node, record: Record, queue: str, kind: str, box: tuple[int, ...]) -> Finding:
    """Keep a finding of the engine on an image."""
    made = Finding(
        kind=f"scan.{queue}", subjects=(record.mentions[0].key,), score=0.9, text="Something may be hidden: a test.",
        reasons=(Reason(f"scan.{kind}", 1.0, "It stands out."), Reason("scan.counter", -0.1, "It may be a seat.")),
        evidence=(Evidence(EvidenceKind.BLOB, record.blobs[0]), Evidence.record(RecordId(record.id))), engine="scan",
        engine_version="1", params=params_text({"box_px": list(box), "class": kind}), handling=record.handling,
    )  # fmt: skip
    session = as_user(node)
    findings.keep(node, session, (made,), runs.Noted("scan", "1", "{}"))
    return made


def van(node: Node, name: str = "van.tif", seed: int = 5) -> Record:
    """Keep the pass of a van."""
    return keep(node, name, neutral_tiff(pixels(seed), replace(META, plate="ZZ00TST")))
