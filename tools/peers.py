"""Bring the libraries that tests and benchmarks compare us with, unpacked and without what they need, into `.peers`.

    python tools/peers.py [NAME]

Where a peer needs a world of its own, `environment` makes one beside them. They are never installed with ours. The judges of case bundles come with all that they need, into a folder of their own (named by a
hash of `requirements/case-judges.txt`, in which each package is pinned by hash). FollowTheMoney is read and not imported: it needs PyICU, which needs a compiler, but its schema
is plain YAML. joserfc needs nothing that we lack. Each is pinned by version and hash.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".peers"
TOOLS = ROOT / ".tools"
DONE = "is-whole"
"""A file in an environment that was made to its end."""


class PeerError(Exception):
    """Why a peer cannot be had, in one line."""


@dataclass(frozen=True)
class Peer:
    """One library: its name, version, and the SHA-256 of its wheel."""

    name: str
    version: str
    sha256: str


KNOWN = {
    "followthemoney": Peer(
        "followthemoney", "4.11.2", "3cc259e9d9caf13e60f932d4d8c69b26d1d79beb6984513915b7eb7d025a7e46"
    ),
    "joserfc": Peer("joserfc", "1.8.0", "176b836ac7ed9a46a88629e24076314b475f33a75d0bad7f26146e572eed7c79"),
}


JUDGES = "case-judges"
LIST = ROOT / "requirements" / f"{JUDGES}.txt"


def bring_judges() -> Path:
    """Return the folder of the judges of case bundles with all that they need, to be put on PYTHONPATH."""
    folder = PEERS / f"{JUDGES}-{hashlib.sha256(LIST.read_bytes()).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    PEERS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PEERS) as scratch:
        target = Path(scratch) / "made"
        command = [*_pip(), "install", "--quiet", "--no-compile", "--require-hashes", "--target", str(target)]
        try:
            made = subprocess.run(
                [*command, "--requirement", str(LIST)], capture_output=True, text=True, check=False, timeout=600
            )
        except subprocess.TimeoutExpired as error:
            raise PeerError("the package index did not answer for the judges of case bundles") from error
        if made.returncode != 0:
            said = (made.stderr.strip().splitlines() or ["nothing was installed"])[-1]
            raise PeerError(f"the judges of case bundles cannot be had: {said}")
        shutil.move(target, folder)
    return folder


def bring(name: str) -> Path:
    """Return the folder of a peer, fetched from the package index if it is not there yet."""
    if name == JUDGES:
        return bring_judges()
    peer = KNOWN[name]
    folder = PEERS / f"{peer.name}-{peer.version}"
    if folder.is_dir():
        return folder
    PEERS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PEERS) as scratch:
        wheel = _download(peer, Path(scratch))
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != peer.sha256:
            raise PeerError(f"{wheel.name} is not the file that tools/peers.py names: not used")
        unpacked = Path(scratch) / "unpacked"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
        shutil.move(unpacked, folder)
    return folder


def _download(peer: Peer, into: Path) -> Path:
    command = [*_pip(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(into)]
    try:
        made = subprocess.run(
            [*command, f"{peer.name}=={peer.version}"], capture_output=True, text=True, check=False, timeout=120
        )
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"the package index did not answer for {peer.name} {peer.version}") from error
    wheels = list(into.glob("*.whl"))
    if made.returncode != 0 or not wheels:
        said = (made.stderr.strip().splitlines() or ["nothing was downloaded"])[-1]
        raise PeerError(f"{peer.name} {peer.version} cannot be downloaded: {said}")
    return wheels[0]


def environment(name: str, pins: Sequence[str], *, bare: Sequence[str] = (), with_ours: bool = False) -> Path:
    """Return the Python of an environment with some packages and what they need, made from the package index once.

    Args:
        name: what it is for.
        pins: the packages, each with its version.
        bare: packages that are put in without what they need.
        with_ours: put this clone in too, with all its extras: for peers that run in one process with it.

    Raises:
        PeerError: it cannot be made.
    """
    wanted = " ".join((*pins, *bare, str(with_ours)))
    folder = PEERS / f"{name}-{zlib.crc32(wanted.encode()):08x}"
    python = folder / "bin" / "python"
    if (folder / DONE).exists():
        return python
    tools = sorted(TOOLS.glob("uv-*/bin/uv"))
    if not tools:
        raise PeerError("no uv to make an environment with; run tools/bootstrap.py first")
    shutil.rmtree(folder, ignore_errors=True)
    install = ["pip", "install", "--quiet", "--python", str(python)]
    commands = [
        ["venv", "--quiet", str(folder)],
        [*install, *pins, *(["--editable", f"{ROOT}[all]"] if with_ours else [])],
    ]
    commands += [[*install, "--no-deps", *bare]] if bare else []
    for command in commands:
        made = subprocess.run([str(tools[-1]), *command], check=False, capture_output=True, text=True)
        if made.returncode:
            raise PeerError(f"no environment for {name}: {(made.stderr.strip().splitlines() or ['?'])[-1]}")
    (folder / DONE).touch()
    return python


def _pip() -> list[str]:
    """The pip of this environment, or the wheel that tools/bootstrap.py has fetched for an environment without."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    wheels = sorted(TOOLS.glob("pip-*.whl"))
    if not wheels:
        raise PeerError("there is no pip; run tools/bootstrap.py first")
    return [sys.executable, str(wheels[-1] / "pip")]


def main(names: list[str]) -> int:
    """Bring the named peers, or all, and print where they are."""
    try:
        for name in names or [*KNOWN, JUDGES]:
            print(bring(name))
    except (PeerError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
