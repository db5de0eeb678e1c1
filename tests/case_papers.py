"""What the tests of papers share: a disclosure of the made-up case, and what a PDF says."""

import io
import subprocess
from pathlib import Path

import pypdf

from headwater.case.model import CaseFile
from headwater.case.numbering import Numbering
from headwater.case.schedule import Disclosure
from headwater.case.stamp import LocalAuthority, make_authority
from headwater.model.ids import AuthorityId
from tests.case_world import FINDING, NOON, Repeating


def disclosure(case: CaseFile, numbering: Numbering | None = None, *, draft: bool = False) -> Disclosure:
    """What the schedules of a case are made from."""
    numbers = (numbering or Numbering()).extended(case)
    return Disclosure(
        case=case,
        numbering=numbers,
        authority=AuthorityId("UK-NCA"),
        officer="s.hall",
        findings=(FINDING,),
        draft=draft,
    )


def words(pdf: bytes) -> str:
    """All text of a PDF, on one line."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def authority(folder: Path) -> LocalAuthority:
    """A test authority that was made at noon."""
    make_authority(folder, NOON)
    return LocalAuthority(folder)


def stamp(one: LocalAuthority, digest: bytes) -> bytes:
    """A time stamp of noon."""
    return one.stamp(digest, NOON, Repeating())


def openssl(*words_: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run openssl."""
    return subprocess.run(["openssl", *map(str, words_)], input=data, capture_output=True, check=False)
