"""The verifier is one file that needs nothing, agrees with better known code, and says what it did not check."""

import ast
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from headwater.case.data import verify as standalone
from headwater.case.data.verify import ed25519_verify
from headwater.case.verifier import Trust, as_json, as_text, demand, read_trust, verify
from headwater.cli.words import spoken
from headwater.errors import KeyTrustError, SchemaError, SignatureError
from tests.case_world import SIGNER, TRUST, made_case, sealed, signer_of

pytestmark = pytest.mark.slow

SOURCE = files("headwater.case.data").joinpath("verify.py").read_text(encoding="utf-8")

# RFC 8032, section 7.1: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    return tmp_path / "out"


def stranger(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a copy of the verifier in a process that has nothing but the standard library."""
    return subprocess.run(
        [sys.executable, "-I", "-S", *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_hold_and_each_changed_bit_of_a_signature_is_refused(
    key: str, message: str, signature: str
) -> None:
    public, said, sig = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_verify(public, said, sig)
    assert not ed25519_verify(public, said + b"\0", sig)
    for bit in range(0, 512, 5):
        changed = bytearray(sig)
        changed[bit // 8] ^= 1 << bit % 8
        assert not ed25519_verify(public, said, bytes(changed))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.integers(0, 64 * 8 + 32 * 8 - 1), st.booleans())
def test_signatures_are_judged_as_cryptography_judges_them(seed: bytes, said: bytes, bit: int, spoil: bool) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    both = bytearray(private.public_key().public_bytes_raw() + private.sign(said))
    if spoil:
        both[bit // 8] ^= 1 << bit % 8
    key, sig = bytes(both[:32]), bytes(both[32:])
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(sig, said)
        judged = True
    except InvalidSignature:
        judged = False
    assert ed25519_verify(key, said, sig) == judged


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_that_fits_any_message_is_refused(key: str) -> None:
    for half in (bytes.fromhex(SMALL_ORDER[0]), bytes.fromhex(key)):
        assert not ed25519_verify(bytes.fromhex(key), b"anything", half + bytes(32))


def test_a_point_that_is_spelled_in_a_second_way_is_none() -> None:
    assert standalone._unpack(bytes.fromhex(SMALL_ORDER[0]))
    assert standalone._unpack(b"\1" + bytes(30) + b"\x80") is None  # x is 0, and yet has a sign
    assert standalone._unpack((2**255 - 18).to_bytes(32, "little")) is None  # y is not below the prime


def test_a_scalar_beyond_the_order_is_refused() -> None:
    key, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    larger = int.from_bytes(signature[32:], "little") + ORDER
    assert not ed25519_verify(key, message, signature[:32] + larger.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_or_signature_of_another_length_is_refused(length: int) -> None:
    assert not ed25519_verify(bytes(length), b"", bytes(64))
    assert not ed25519_verify(bytes.fromhex(RFC_8032[0][0]), b"", bytes(length - 1 if length == 64 else length))


def test_the_verifier_imports_nothing_but_the_standard_library() -> None:
    nodes = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert names
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_the_verifier_is_written_in_the_python_that_its_readme_names() -> None:
    assert "Python 3.8 or newer" in files("headwater.case.data").joinpath("README.txt").read_text(encoding="utf-8")
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    newer = {"removeprefix", "removesuffix", "pairwise", "UTC", "bit_count"}
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & newer


def test_the_bundles_own_copy_is_the_code_that_the_product_runs(bundle: Path) -> None:
    assert (bundle / "verify.py").read_bytes() == Path(standalone.__file__).read_bytes()


def test_a_stranger_can_run_it_inside_the_bundle_and_it_leaves_no_trace(bundle: Path) -> None:
    before = sorted(bundle.rglob("*"))
    done = stranger("verify.py", cwd=bundle)
    assert (done.returncode, done.stderr) == (0, "")
    assert "exhibits: JS/1, MK/1, RS/1" in done.stdout
    assert "1 withheld" in done.stdout
    assert "unchanged since it was sealed" in done.stdout
    assert sorted(bundle.rglob("*")) == before


def test_without_a_key_it_says_that_the_signers_key_was_not_compared(bundle: Path) -> None:
    assert "signer's key not compared" in stranger(bundle / "verify.py", bundle).stdout
    compared = stranger(bundle / "verify.py", bundle, "--key", SIGNER.public_key.hex())
    assert compared.returncode == 0
    assert "not compared" not in compared.stdout


def test_a_card_gives_the_key_and_the_name(bundle: Path, tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    card.write_text(json.dumps({"id": "UK-NCA", "signing_key": SIGNER.public_key.hex()}), encoding="utf-8")
    assert stranger(bundle / "verify.py", bundle, "--key", card).returncode == 0
    assert read_trust(str(card)) == TRUST
    card.write_text(json.dumps({"id": "RS-MOI", "signing_key": SIGNER.public_key.hex()}), encoding="utf-8")
    assert [problem.code for problem in verify(bundle, read_trust(str(card))).problems] == ["key"]


@pytest.mark.parametrize(
    "text", ['{"id": "UK-NCA"}', '{"signing_key": "00"}', "[]", "", '{"signing_key": 1, "signing_key": 1}']
)
def test_a_card_without_a_key_is_refused(bundle: Path, tmp_path: Path, text: str) -> None:
    card = tmp_path / "card.json"
    card.write_text(text, encoding="utf-8")
    done = stranger(bundle / "verify.py", bundle, "--key", card)
    assert (done.returncode, done.stdout) == (65, "")
    with pytest.raises(SchemaError):
        read_trust(str(card))


def test_another_key_than_the_one_given_is_told(bundle: Path) -> None:
    other = Trust(signer_of(9).public_key)
    with pytest.raises(KeyTrustError):
        demand(bundle, other)
    assert "NOT the one given" in as_text(verify(bundle, other))
    assert stranger(bundle / "verify.py", bundle, "--key", other.key.hex()).returncode == 76


def test_a_changed_exhibit_is_named_by_its_reference_and_path(bundle: Path) -> None:
    path = bundle / "data" / "exhibits" / "MK_1.csv"
    path.write_bytes(path.read_bytes().replace(b"4800", b"4700"))
    done = stranger(bundle / "verify.py", bundle)
    assert done.returncode == 76
    assert "exhibit MK/1, data/exhibits/MK_1.csv: the bytes are not those that were sealed" in done.stdout
    with pytest.raises(SignatureError, match="exhibit MK/1"):
        demand(bundle, TRUST)
    assert [problem.exhibit for problem in verify(bundle, TRUST).problems] == ["MK/1"]


def test_a_bundle_that_is_as_it_was_sealed_passes_what_is_demanded(bundle: Path) -> None:
    assert demand(bundle, TRUST).exhibits == ("JS/1", "MK/1", "RS/1")


def test_a_stranger_who_seals_again_is_found_by_the_key_only(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    sealed(case, tmp_path / "forged", signer_of(9))
    assert verify(tmp_path / "forged", None).problems == ()
    assert [problem.code for problem in verify(tmp_path / "forged", TRUST).problems] == ["key"]


def test_an_insider_who_seals_again_with_the_same_key_shows_only_in_another_root(tmp_path: Path) -> None:
    # The seal cannot tell this: only a root or a receipt that somebody else holds can.
    first = sealed(made_case(tmp_path / "case"), tmp_path / "first")
    changed = made_case(tmp_path / "case", files={"exhibits/MK_1_transfers.csv": "from,to\n"})
    second = sealed(changed, tmp_path / "second")
    assert verify(tmp_path / "second", TRUST).problems == ()
    assert second.root != first.root


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder"])
def test_what_is_no_bundle_is_not_true_and_no_crash(tmp_path: Path, what: str) -> None:
    place = tmp_path / "place"
    if what == "a file":
        place.write_bytes(b"x")
    elif what == "an empty folder":
        place.mkdir()
    found = verify(place, TRUST)
    assert found.problems
    assert found.root == ""
    done = stranger(standalone.__file__, place)
    assert (done.returncode, done.stderr) == (76, "")


def test_names_from_a_bundle_cannot_write_on_the_terminal(bundle: Path) -> None:
    (bundle / "\x1b[2Jresult    unchanged\u202e").write_bytes(b"")
    (bundle / os.fsdecode(b"\xff")).write_bytes(b"")
    done = stranger(standalone.__file__, bundle)
    assert done.returncode == 76
    assert done.stdout.isascii()
    assert "\x1b" not in done.stdout
    assert json.loads(stranger(standalone.__file__, bundle, "--json").stdout)["ok"] is False


def test_both_doors_give_the_same_document(bundle: Path) -> None:
    (bundle / "data" / "exhibits" / "JS_1.txt").unlink()
    done = stranger(standalone.__file__, bundle, "--json", "--key", TRUST.key.hex())
    assert json.loads(done.stdout) == json.loads(as_json(verify(bundle, Trust(TRUST.key))))


def test_a_moved_or_copied_bundle_still_verifies(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle, tmp_path / "copy")
    bundle.rename(tmp_path / "moved")
    assert verify(tmp_path / "copy", TRUST).problems == ()
    assert verify(tmp_path / "moved", TRUST).problems == ()


def texts() -> Iterator[str]:
    """Every text that the verifier may put before a person: what it says of a fault, and of the whole; `{}` for what is filled in."""
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Problem", "ValueError", "line", "told"):
            yield from (_plain(part) for part in node.args)
        elif isinstance(node, ast.FunctionDef) and ("fault" in node.name or node.name in ("_reason", "_anchor_words")):
            yield from (_plain(part) for each in ast.walk(node) for part in ast.iter_child_nodes(each))


def _plain(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_whatever_it_says_of_a_bundle_is_told_in_serbian_and_albanian() -> None:
    said = {text for text in texts() if len(text.split()) > 2 and text[:1].islower() and text == text.strip()}
    of_stamps = {
        text for text in said if "DER" in text or text in ("not a time stamp", "not a time stamp that was granted")
    }
    of_stamps |= {"not signed data", "not a time"}
    of_options = {"no certificate in it", "no signing_key of 64 hex letters in it", "not a receipt"}
    of_keys = {"a key of a kind that this verifier does not know"}  # a stamp that cannot be read is told as that alone
    told_of = said - of_stamps - of_options - of_keys
    assert len(told_of) > 50
    assert {text for text in told_of if standalone.told(text, "sq") == text} == set()


@pytest.mark.parametrize("language", ["sr-Cyrl", "sr-Latn", "sq"])
def test_a_report_is_told_in_a_language_and_names_and_codes_in_it_stay(bundle: Path, language: str) -> None:
    english, own = (as_text(verify(bundle, None), tag).splitlines() for tag in ("en", language))
    assert len(own) == len(english)
    assert all(ours != theirs for ours, theirs in zip(own, english, strict=True))
    assert verify(bundle, None).root in own[2]
    (bundle / "data" / "more.txt").write_text("put in afterwards")
    wrong = [line for line in as_text(verify(bundle, None), language).splitlines() if "[extra]" in line]
    assert len(wrong) == 1
    assert "data/more.txt: " in wrong[0]
    assert "a file that" not in wrong[0]


def test_words_with_a_place_are_found_and_what_has_none_stays_english() -> None:
    assert standalone.told("larger than 65536 bytes", "sr-Latn") == "veće od 65536 bajtova"
    assert standalone.told("cannot be read: {x}", "sq") == "nuk mund të lexohet: {x}"
    assert standalone.told("the moon is full", "sq") == "the moon is full"
    assert [
        one for one, own in standalone.WORDS.items() if {one.count("{}")} != {each.count("{}") for each in own}
    ] == []


@pytest.mark.parametrize(
    ("locale", "tag"),
    [("sr_RS.UTF-8", "sr-Cyrl"), ("sr_RS@latin", "sr-Latn"), ("sr_ME", "sr-Latn"), ("sq_XK", "sq"), ("sqz", "en"), ("", "en")],
)  # fmt: skip
def test_it_speaks_the_language_that_headwater_speaks(locale: str, tag: str) -> None:
    assert standalone.spoken({"LANG": locale}) == spoken({"LANG": locale}) == tag


def test_a_terminal_that_has_no_letters_for_a_language_is_told_in_english(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "sr_RS.UTF-8")
    for encoding, known in (("utf-8", "непромењено"), ("ascii", "unchanged")):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(stream, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdout", stream)
        assert standalone.main([str(bundle)]) == 0
        stream.seek(0)
        assert known in stream.read()
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stdout", piped)
    assert standalone.main([str(bundle)]) == 0
    assert "unchanged since it was sealed" in piped.getvalue()
