"""Time stamps for seals (RFC 3161): asking an authority for one, and a test authority of one's own.

A stamp is over SHA-512 of the seal's canonical bytes. The test authority signs with ECDSA P-256 and puts exactly one
certificate into a reply: with two, some verifiers refuse it. It proves nothing to a court; its certificates say so.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from headwater.case.data.verify import read_stamp
from headwater.errors import FormatError, PeerRefusedError, SettingsError, SignatureError, StoreIoError
from headwater.ports import Chance

ROOT_FILE: Final = "ca.pem"
CERTIFICATE_FILE: Final = "tsa.pem"
KEY_FILE: Final = "tsa.key"
_VALID: Final = timedelta(days=3650)
_SIGNED_DATA: Final = "2a864886f70d010702"
_TST_INFO: Final = "2a864886f70d0109100104"
_SHA512: Final = "608648016503040203"
_ECDSA_SHA512: Final = "2a8648ce3d040304"
_POLICY: Final = "2b060104018e4f01"
"""A policy of no one's: 1.3.6.1.4.1.1871.1."""
_CONTENT_TYPE: Final = "2a864886f70d010903"
_MESSAGE_DIGEST: Final = "2a864886f70d010904"
_SIGNING_CERTIFICATE: Final = "2a864886f70d010910022f"


def query(digest: bytes, chance: Chance) -> bytes:
    """Return a request for a time stamp over a SHA-512, with a nonce, that asks for the authority's certificate."""
    nonce = int.from_bytes(chance.draw(8), "big") >> 1
    return _sequence(_whole(1), _imprint(digest), _whole(nonce), _der(0x01, b"\xff"))


def checked_reply(reply: bytes, digest: bytes, where: str) -> bytes:
    """Return a reply when it is a time stamp over the digest.

    Raises:
        PeerRefusedError: the authority granted none.
        SignatureError: it is over something else.
    """
    try:
        stamp = read_stamp(reply)
    except (ValueError, IndexError) as error:
        raise PeerRefusedError("the authority gave no time stamp", where=where, fix="ask another one") from error
    if stamp.algorithm != "sha512" or stamp.digest != digest:
        raise SignatureError("the authority gave a time stamp over something else", where=where)
    return reply


def make_authority(folder: Path, now: datetime) -> None:
    """Make a test authority: a root, a certificate for time stamps alone, and its key.

    Raises:
        SettingsError: there is one in the folder already.
        StoreIoError: the disk refuses.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if (folder / KEY_FILE).exists():
        raise SettingsError("there is a time-stamp authority here already", where=str(folder), fix="keep it")
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _named("headwater TEST root, proves nothing"), _named("headwater TEST time-stamp authority")

    def builder(subject: Any, public: Any) -> Any:  # noqa: ANN401 - cryptography's own types
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _VALID)
        )

    signs = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    issues = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = (
        builder(root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(issues, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.TIME_STAMPING])
    held = (
        builder(name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ROOT_FILE).write_bytes(root.public_bytes(pem))
        (folder / CERTIFICATE_FILE).write_bytes(held.public_bytes(pem))
        (folder / KEY_FILE).touch(mode=0o600)
        (folder / KEY_FILE).write_bytes(private)
    except OSError as error:
        raise StoreIoError(f"the authority cannot be written: {error.strerror}", where=str(folder)) from error


@dataclass(frozen=True, slots=True)
class LocalAuthority:
    """The test authority in a folder."""

    folder: Path

    def stamp(self, digest: bytes, at: datetime, chance: Chance) -> bytes:
        """Return a reply with a time stamp over a SHA-512.

        Raises:
            FormatError: the folder holds no authority.
        """
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            held = x509.load_pem_x509_certificate((self.folder / CERTIFICATE_FILE).read_bytes())
            key = serialization.load_pem_private_key((self.folder / KEY_FILE).read_bytes(), None)
        except (OSError, ValueError) as error:
            fix = "make one with: headwater node stamp-authority --out DIR"
            raise FormatError("no time-stamp authority in this folder", where=str(self.folder), fix=fix) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise FormatError("the authority's key is of another kind", where=str(self.folder))
        certificate = held.public_bytes(serialization.Encoding.DER)
        serial = int.from_bytes(chance.draw(8), "big") >> 1
        info = _sequence(
            _whole(1),
            _oid(_POLICY),
            _imprint(digest),
            _whole(serial),
            _der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode()),
        )
        attributes = _set(
            _attribute(_CONTENT_TYPE, _oid(_TST_INFO)),
            _attribute(_MESSAGE_DIGEST, _octets(hashlib.sha512(info).digest())),
            _attribute(
                _SIGNING_CERTIFICATE, _sequence(_sequence(_sequence(_octets(hashlib.sha256(certificate).digest()))))
            ),
        )
        signature = key.sign(attributes, ec.ECDSA(hashes.SHA512()))
        signer = _sequence(
            _whole(1),
            _sequence(held.issuer.public_bytes(), _whole(held.serial_number)),
            _sequence(_oid(_SHA512)),
            _der(0xA0, _body(attributes)),
            _sequence(_oid(_ECDSA_SHA512)),
            _octets(signature),
        )
        signed = _sequence(
            _whole(3),
            _set(_sequence(_oid(_SHA512))),
            _sequence(_oid(_TST_INFO), _der(0xA0, _octets(info))),
            _der(0xA0, certificate),
            _set(signer),
        )
        return _sequence(_sequence(_whole(0)), _sequence(_oid(_SIGNED_DATA), _der(0xA0, signed)))


def _named(common: str) -> Any:  # noqa: ANN401 - cryptography's own type
    from cryptography import x509

    return x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common)])


def _imprint(digest: bytes) -> bytes:
    return _sequence(_sequence(_oid(_SHA512), _der(0x05, b"")), _octets(digest))


def _attribute(kind: str, value: bytes) -> bytes:
    return _sequence(_oid(kind), _set(value))


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:  # noqa: PLR2004 - X.690, section 8.1.3
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _body(whole: bytes) -> bytes:
    return whole[2:] if whole[1] < 0x80 else whole[2 + (whole[1] & 0x7F) :]  # noqa: PLR2004 - as above


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _set(*parts: bytes) -> bytes:
    return _der(0x31, b"".join(sorted(parts)))


def _octets(body: bytes) -> bytes:
    return _der(0x04, body)


def _oid(text: str) -> bytes:
    return _der(0x06, bytes.fromhex(text))


def _whole(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
