"""Time stamps: made, read and judged with integers alone; openssl and rfc3161-client say the same."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from headwater.case import stamp as stamps
from headwater.case.bundle import SealOptions
from headwater.case.data.verify import Outside, canonical, read_roots, read_stamp, stamp_fault, strict_json
from headwater.case.seal import Seal
from headwater.case.stamp import LocalAuthority, checked_reply, make_authority, query
from headwater.case.verifier import read_outside, verify
from headwater.errors import FormatError, PeerRefusedError, SchemaError, SettingsError, SignatureError
from tests.case_papers import authority, openssl, stamp
from tests.case_world import NOON, TRUST, Repeating, made_case, sealed

pytestmark = pytest.mark.slow

DIGEST = hashlib.sha512(b"made up").digest()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return authority(tmp_path_factory.mktemp("tsa") / "one")


def stamped(folder: Path, one: LocalAuthority) -> Seal:
    return sealed(
        made_case(folder / "case"), folder / "out", options=SealOptions(stamper=lambda digest: stamp(one, digest))
    )


def faults(folder: Path, *roots: Path) -> list[tuple[str, str]]:
    outside = Outside([found for root in roots for found in read_roots(str(root))])
    return [(problem.code, problem.text) for problem in verify(folder, TRUST, outside).problems]


def test_a_stamp_is_over_the_canonical_seal_and_says_when(tmp_path: Path, one: LocalAuthority) -> None:
    made = stamped(tmp_path, one)
    read = read_stamp((tmp_path / "out" / "seal.tsr").read_bytes())
    assert (read.digest, read.algorithm, read.time) == (
        hashlib.sha512(canonical(strict_json((tmp_path / "out" / "seal.json").read_bytes()))).digest(),
        "sha512",
        "2026-11-25T12:00:00Z",
    )
    assert made.head.stamped
    found = verify(tmp_path / "out", TRUST, read_outside(str(one.folder / "ca.pem"), None))
    assert (found.problems, found.stamp, found.stamp_compared) == ((), "2026-11-25T12:00:00Z", True)


def test_without_a_root_it_is_said_that_the_authority_was_not_compared(tmp_path: Path, one: LocalAuthority) -> None:
    stamped(tmp_path, one)
    found = verify(tmp_path / "out", TRUST)
    assert (found.problems, found.stamp_compared) == ((), False)


def test_another_authority_is_told(tmp_path: Path, one: LocalAuthority) -> None:
    stamped(tmp_path, one)
    other = authority(tmp_path / "other")
    assert faults(tmp_path / "out", other.folder / "ca.pem") == [
        ("stamp", "it does not lead to the root that was given")
    ]
    assert faults(tmp_path / "out", other.folder / "ca.pem", one.folder / "ca.pem") == []


def test_every_changed_byte_of_a_stamp_is_found(one: LocalAuthority) -> None:
    reply, roots = stamp(one, DIGEST), read_roots(str(one.folder / "ca.pem"))
    assert stamp_fault(reply, roots) == ""
    missed = []
    for at in range(0, len(reply), 3):
        spoiled = reply[:at] + bytes([reply[at] ^ 1]) + reply[at + 1 :]
        try:
            told = read_stamp(spoiled)
            if stamp_fault(spoiled, roots) == "" and told == read_stamp(reply):
                missed.append(at)
        except (ValueError, IndexError, KeyError, StopIteration):
            continue
    # The few that are left lie in fields that say nothing: the status, versions and names of algorithms told twice.
    assert len(missed) <= 12


def test_a_stamp_over_something_else_is_told(tmp_path: Path, one: LocalAuthority) -> None:
    options = SealOptions(stamper=lambda _: stamp(one, DIGEST))
    sealed(made_case(tmp_path / "case"), tmp_path / "out", options=options)
    assert faults(tmp_path / "out") == [("stamp", "the time stamp is over another seal")]


def test_a_stamp_of_another_day_than_the_seal_says_is_told(tmp_path: Path, one: LocalAuthority) -> None:
    late = NOON + timedelta(days=2)
    options = SealOptions(stamper=lambda digest: one.stamp(digest, late, Repeating()))
    sealed(made_case(tmp_path / "case"), tmp_path / "out", options=options)
    assert [code for code, _ in faults(tmp_path / "out")] == ["stamp"]


def test_a_stamp_that_was_taken_away_or_added_is_told(tmp_path: Path, one: LocalAuthority) -> None:
    (tmp_path / "one").mkdir()
    stamped(tmp_path / "one", one)
    (tmp_path / "one" / "out" / "seal.tsr").unlink()
    assert {code for code, _ in faults(tmp_path / "one" / "out")} == {"missing", "bag"}
    (tmp_path / "two").mkdir()
    sealed(made_case(tmp_path / "two" / "case"), tmp_path / "two" / "out")
    (tmp_path / "two" / "out" / "seal.tsr").write_bytes(stamp(one, DIGEST))
    assert [code for code, _ in faults(tmp_path / "two" / "out")] == ["extra"]


@pytest.mark.parametrize("reply", [b"", b"\x30\x00", b"\x30\x05\x30\x03\x02\x01\x02", b"<html>"])
def test_a_reply_that_is_none_is_a_declared_error(reply: bytes) -> None:
    with pytest.raises(PeerRefusedError):
        checked_reply(reply, DIGEST, "x")


def test_a_reply_that_names_another_hash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "read_stamp", lambda _: SimpleNamespace(algorithm="sha3_512", digest=DIGEST))
    with pytest.raises(SignatureError, match="over something else"):
        checked_reply(b"", DIGEST, "x")


def test_a_reply_over_another_digest_is_refused(one: LocalAuthority) -> None:
    with pytest.raises(SignatureError):
        checked_reply(stamp(one, DIGEST), hashlib.sha512(b"other").digest(), "x")


def test_a_folder_without_an_authority_and_one_that_has_one_are_declared_errors(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="stamp-authority"):
        LocalAuthority(tmp_path).stamp(DIGEST, NOON, Repeating())
    make_authority(tmp_path / "a", NOON)
    with pytest.raises(SettingsError):
        make_authority(tmp_path / "a", NOON)
    assert (tmp_path / "a" / "tsa.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"])
def test_a_root_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ca.pem").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError):
        read_outside(str(tmp_path / "ca.pem"), None)


def test_a_seal_that_was_made_again_does_not_keep_the_stamp(tmp_path: Path, one: LocalAuthority) -> None:
    made = stamped(tmp_path, one)
    again = replace(made.head, previous=made.digest)
    path = tmp_path / "out" / "seal.json"
    path.write_bytes(canonical({"head": again.as_row(), "sig": made.sig}))
    assert "stamp" in {code for code, _ in faults(tmp_path / "out")}
    assert json.loads(path.read_bytes())["head"]["previous"] == made.digest


@pytest.mark.peer
def test_openssl_takes_our_stamps(tmp_path: Path, one: LocalAuthority) -> None:
    (tmp_path / "reply").write_bytes(stamp(one, DIGEST))
    done = openssl(
        "ts", "-verify", "-digest", DIGEST.hex(), "-in", tmp_path / "reply", "-CAfile", one.folder / "ca.pem"
    )
    assert b"Verification: OK" in done.stdout
    (tmp_path / "query").write_bytes(query(DIGEST, Repeating()))
    assert b"Certificate required: yes" in openssl("ts", "-query", "-in", tmp_path / "query", "-text").stdout


@pytest.mark.peer
@pytest.mark.parametrize("kind", ["rsa:2048", "ec:P-384"])
def test_we_take_openssls_stamps(tmp_path: Path, kind: str) -> None:
    key = ["-newkey", kind] if kind.startswith("rsa") else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"]
    config = tmp_path / "c.cnf"
    config.write_text(
        "[req]\ndistinguished_name=n\n[n]\n[root]\nbasicConstraints=critical,CA:true\n"
        "[leaf]\nextendedKeyUsage=critical,timeStamping\n"
        f"[tsa]\nserial={tmp_path}/serial\ncrypto_device=builtin\nsigner_digest=sha384\ndefault_policy=1.2.3\n"
        "digests=sha512\nordering=no\ness_cert_id_alg=sha256\n",
        encoding="utf-8",
    )
    (tmp_path / "serial").write_text("01", encoding="ascii")
    run: list[str | Path] = ["req", "-x509", "-nodes", "-days", "2", "-config", config]
    assert openssl(*run, *key, "-keyout", tmp_path / "ca.key", "-out", tmp_path / "ca.pem", "-subj", "/CN=Made up root",
                   "-extensions", "root").returncode == 0  # fmt: skip
    done = openssl(*run, *key, "-keyout", tmp_path / "tsa.key", "-out", tmp_path / "tsa.pem", "-subj", "/CN=Made up TSA",
                   "-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key", "-extensions", "leaf")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / "query").write_bytes(query(DIGEST, Repeating()))
    done = openssl("ts", "-reply", "-config", config, "-section", "tsa", "-queryfile", tmp_path / "query",
                   "-inkey", tmp_path / "tsa.key", "-signer", tmp_path / "tsa.pem", "-out", tmp_path / "reply")  # fmt: skip
    assert done.returncode == 0, done.stderr
    reply = (tmp_path / "reply").read_bytes()
    assert read_stamp(reply).digest == DIGEST
    assert stamp_fault(reply, read_roots(str(tmp_path / "ca.pem"))) == ""
    other_policy = reply.replace(bytes.fromhex("06022a03"), bytes.fromhex("06022a04"))
    assert stamp_fault(other_policy, read_roots(str(tmp_path / "ca.pem"))) == "the signature is over another time stamp"


@pytest.mark.peer
def test_another_client_takes_our_stamps(one: LocalAuthority) -> None:
    from cryptography import x509
    from rfc3161_client import VerifierBuilder, decode_timestamp_response

    root = x509.load_pem_x509_certificate((one.folder / "ca.pem").read_bytes())
    judge = VerifierBuilder().add_root_certificate(root).build()
    assert judge.verify_message(decode_timestamp_response(stamp(one, DIGEST)), b"made up")
