"""A view of a case, made for whoever sits at the page: the folder that `case export` writes, as one file to take along."""

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from headwater.case.views import Audience, View, read_view
from headwater.errors import ForbiddenError, StoreIoError
from headwater.node import case_sealing
from headwater.node.node import Node
from headwater.node.pages.casefile import bundles
from headwater.node.scratch import scratch
from headwater.policy.acts import Act
from headwater.policy.session import Session, may

AUDIENCES: Final = tuple(one.value for one in Audience)
_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""The day that each file of the archive bears: a view tells no more than it was sealed with."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes:
        bundle: the name of a sealed bundle that lies at the node; empty for the case as it is now.
        audience: one of `AUDIENCES`.
        partner: the node, for a partner's view.
        draft: the prosecutor takes a file that is not ready; its papers say so.
        withhold: items that may not go into the view are left out, instead of stopping it.
    """

    bundle: str
    audience: str
    partner: str = ""
    draft: bool = False
    withhold: bool = False


@dataclass(frozen=True, slots=True)
class Handed:
    """A view as a ZIP file that has no name on the disk: it is gone when it is closed.

    Attributes:
        name: what a browser may call it: the case and for whom, nothing that a record holds.
        size: in bytes.
    """

    name: str
    file: IO[bytes]
    size: int


def hand_out(node: Node, session: Session, urn: str, wish: Wish) -> Handed:
    """Return a view of a case, or of a bundle of it that was sealed here. The export, or its refusal, is in the ledger.

    Raises:
        PolicyError: the user may not export, there is no such case or bundle, or something that may not leave stands in it.
        SchemaError: it is nobody's view, or a prosecutor's file is not ready.
        TrustError: the bundle is not as it was sealed.
        StoreError: the disk is full or refuses.
    """
    may(session, Act.CASE_EXPORT)
    view = read_view(f"{wish.audience}:{wish.partner}" if wish.partner else wish.audience)
    source = urn
    if wish.bundle:
        found = next((one for one in bundles(node, urn) if one.name == wish.bundle), None)
        if found is None:
            raise ForbiddenError("no such bundle")
        source = found.path
    try:
        with scratch(node.home) as folder:
            out = folder / "view"
            case_sealing.export(node, session, source, out, view, draft=wish.draft, withhold=wish.withhold)
            return _archive(out, _name(urn, view), node.home)
    except OSError as error:
        raise StoreIoError(f"cannot be written: {error.strerror}", where=urn) from error


def _name(urn: str, view: View) -> str:
    return f"{urn}-{view.audience}"


def _archive(folder: Path, name: str, beside: Path) -> Handed:
    """Return a folder as an archive; nothing is pressed, since most of it is pressed already and must be read byte for byte."""
    file = tempfile.TemporaryFile(dir=beside)  # noqa: SIM115 - it is closed when it was sent
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(f"{name}/{path.relative_to(folder).as_posix()}", _DAY)
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while piece := source.read(1 << 20):
                    target.write(piece)
    size = file.tell()
    file.seek(0)
    return Handed(f"{name}.zip", file, size)
