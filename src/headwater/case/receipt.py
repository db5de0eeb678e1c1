"""Receipts for sealed bundles: the receiving node's signature over a seal, and the head of its log at that time.

An insider who holds the key can always seal other content again. Only what somebody else kept tells: a receipt names
the one seal that was received, and the log head in it was witnessed by the receiver's own partners.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from headwater.case.data.verify import (
    RECEIPT_CONTEXT,
    RECEIPTS,
    canonical,
    read_anchor,
    read_small,
    receipt_fault,
    strict_json,
)
from headwater.case.data.verify import SEAL_LIMIT as _SEAL_LIMIT
from headwater.case.seal import Signer
from headwater.errors import SchemaError, SignatureError, StoreIoError
from headwater.model.times import format_instant

MOST: Final = 999_999
"""Receipts that one bundle may hold."""


@dataclass(frozen=True, slots=True)
class LogHead:
    """Size and root of the receiver's log, the receipt's own event included."""

    size: int
    root: str


def make_receipt(bundle: Path, signer: Signer, log_head: LogHead, at: datetime) -> bytes:
    """Return a receipt for a bundle that was checked before.

    Args:
        bundle: the folder that holds `seal.json`.
        signer: the receiving node.
        log_head: of its log.
        at: time of receipt, by its own clock.
    """
    seal = _seal_of(bundle)
    body = {
        "seal": hashlib.sha256(canonical(seal)).hexdigest(),
        "root": seal["head"]["root"],
        "received_by": signer.authority,
        "received_at": format_instant(at),
        "log_head": {"size": log_head.size, "root": log_head.root},
    }
    signature = signer.sign(RECEIPT_CONTEXT + canonical(body))
    made = {"body": body, "key": signer.public_key.hex(), "sig": signature.hex()}
    fault = receipt_fault(made, seal)
    if fault:
        raise SignatureError(f"a receipt that would be refused: {fault}", fix="check the node's keys")
    return canonical(made)


def put_receipt(bundle: Path, receipt: Path) -> str:
    """Put a receipt that came back into the bundle, and return where it lies in it.

    Raises:
        SchemaError: it is no receipt, or none for this bundle.
        StoreIoError: the disk refuses.
    """
    read = read_receipt(receipt)
    fault = receipt_fault(read, _seal_of(bundle))
    if fault:
        raise SchemaError(fault, where=receipt.name, fix="give the receipt for this bundle")
    folder = bundle / RECEIPTS
    number = 1 + max((int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal()), default=0)
    try:
        folder.mkdir(exist_ok=True)
        with (folder / f"{number}.json").open("xb") as file:
            file.write(canonical(read))
    except OSError as error:
        raise StoreIoError(f"the receipt cannot be written: {error.strerror}", where=str(folder)) from error
    return f"{RECEIPTS}/{number}.json"


def read_receipt(path: Path) -> dict[str, Any]:
    """Return a receipt that lies in a file.

    Raises:
        SchemaError: it is none.
    """
    try:
        return dict(read_anchor(str(path)))
    except ValueError as error:
        raise SchemaError(f"not a receipt: {error}", where=path.name, fix="give a receipt file") from error


def _seal_of(bundle: Path) -> dict[str, Any]:
    try:
        seal: dict[str, Any] = strict_json(read_small(str(bundle), "seal.json", _SEAL_LIMIT))
    except (OSError, ValueError) as error:
        raise SchemaError("no seal in this folder", where=str(bundle), fix="name a bundle") from error
    return seal
