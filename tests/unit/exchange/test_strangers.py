"""Whoever answers under a certificate that nobody vouches for, or of another name, is told nothing: no request reaches it."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headwater.errors import PeerUnreachableError
from headwater.exchange.asking import Question, Whom, ask
from headwater.exchange.transport import HttpTransport

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def certificate(folder: Path, *names: x509.GeneralName) -> ssl.SSLContext:
    """A server's context with a certificate that it has signed itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "stranger.pem").write_bytes(data + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "stranger.pem")
    return context


@contextmanager
def answering(context: ssl.SSLContext) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers once: its address, and what it has heard."""
    heard = list[bytes]()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection, context.wrap_socket(connection, server_side=True) as safe:
                    heard.append(safe.recv(65536))
                    safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join(5)


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A server that nobody vouches for."""
    with answering(certificate(tmp_path, HERE)) as made:
        yield made


def post(endpoint: str) -> object:
    transport = HttpTransport()
    try:
        return transport.post(endpoint, "/v1/inbox", b"secret", timeout_s=5)
    finally:
        transport.close()


def get(endpoint: str) -> object:
    transport = HttpTransport()
    try:
        return transport.get(endpoint, "/v1/files/x", bytearray(10), timeout_s=5)
    finally:
        transport.close()


ASKS: dict[str, Callable[[str], object]] = {
    "a batch is posted": post,
    "a file is fetched": get,
    "somebody else is asked": lambda endpoint: ask(
        Whom("the stranger", 1000, 5.0), urlsplit(endpoint), Question("POST", b"secret", {})
    ),
}


@pytest.mark.parametrize("name", ASKS)
def test_nobody_talks_to_a_server_that_nobody_vouches_for(stranger: tuple[str, list[bytes]], name: str) -> None:
    endpoint, heard = stranger
    with pytest.raises(PeerUnreachableError):
        ASKS[name](endpoint)
    assert heard == []


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(
    "told", [(), (x509.DNSName("list.example"),), (x509.IPAddress(ipaddress.ip_address("127.0.0.2")),)]
)
def test_a_certificate_that_is_vouched_for_counts_for_its_own_names_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: tuple[x509.GeneralName, ...]
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "stranger.pem"))
    with answering(certificate(tmp_path, *told)) as (endpoint, heard), pytest.raises(PeerUnreachableError):
        ASKS[name](endpoint)
    assert heard == []
    with answering(certificate(tmp_path, *told, HERE)) as (endpoint, heard), suppress(PeerUnreachableError):
        ASKS[name](endpoint)  # what is heard is heard, though the line may be cut before all has been read
    assert len(heard) == 1
