"""Checks a sealed bundle: the very code that lies in each bundle as `verify.py`, so that both doors answer alike."""

import os
from pathlib import Path

from headwater.case.data.verify import Outside, Problem, Trust, as_json, as_text, inspect, read_anchor, read_roots
from headwater.case.data.verify import Report as Verified
from headwater.case.data.verify import read_trust as _read_trust
from headwater.errors import KeyTrustError, Place, SchemaError, SignatureError

__all__ = [
    "Outside",
    "Problem",
    "Trust",
    "Verified",
    "as_json",
    "as_text",
    "demand",
    "read_outside",
    "read_trust",
    "verify",
]


def verify(bundle: Path, trust: Trust | None, outside: Outside | None = None) -> Verified:
    """Return what a check of a bundle found; whatever is wrong with it is a problem in the answer, never an error.

    Args:
        bundle: the folder that holds `seal.json`.
        trust: the signer's key, from elsewhere than the bundle; None compares no key, and the answer says so.
        outside: roots of time-stamp authorities, and a receipt that somebody else kept.
    """
    return inspect(os.fspath(bundle), trust, outside)


def demand(bundle: Path, trust: Trust | None, outside: Outside | None = None) -> Verified:
    """Return what a check of a bundle found, when all of it is as it was sealed.

    Raises:
        KeyTrustError: it was sealed with another key than the one given.
        SignatureError: anything else is not as it was sealed; the text names the first exhibit or file concerned.
    """
    found = verify(bundle, trust, outside)
    for problem in found.problems:
        if problem.code == "key":
            raise KeyTrustError(problem.text, where=str(bundle))
    if found.problems:
        first = next((problem for problem in found.problems if problem.exhibit), found.problems[0])
        about = f"exhibit {ascii(first.exhibit)[1:-1]}: " if first.exhibit else ""
        where = Place(file=ascii(first.path)[1:-1])
        raise SignatureError(f"{about}{first.text} ({len(found.problems)} problems)", where=where)
    return found


def read_trust(text: str) -> Trust:
    """Return the key that a command line names: 64 hex letters, or a card file with `signing_key` and `id`.

    Raises:
        SchemaError: it is neither.
    """
    try:
        return _read_trust(text)
    except ValueError as error:
        raise SchemaError(str(error), where="--trust", fix="give 64 hex letters or a card file") from error


def read_outside(stamp_root: str | None, anchor: str | None) -> Outside:
    """Return what a command line names beside the key: a file of certificates, and a receipt.

    Raises:
        SchemaError: one cannot be read as what it is named.
    """
    at, fix = "--stamp-root", "give a file of certificates in PEM"
    try:
        roots = read_roots(stamp_root) if stamp_root else ()
        at, fix = "--anchor", "give a receipt file"
        return Outside(roots, read_anchor(anchor) if anchor else None)
    except (ValueError, IndexError) as error:
        raise SchemaError(str(error), where=at, fix=fix) from error
