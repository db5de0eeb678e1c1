"""The envelope alone: signing, sealing, opening and verifying one body of 8 KiB, ours and JOSE's."""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

from bench.exchange_nodes import RS, UK, message
from headwater.exchange.envelope import Header, Lane, Sealed, read, seal_checked, unseal_unread
from headwater.exchange.suite import XWING, key_id, signing_public
from headwater.model.canonical import encode
from headwater.model.ids import new_message_id
from tools.peers import bring

TIMES = 100
ROUNDS = 20


def cpu_us(*works: Callable[[], None]) -> list[float]:
    """Return the CPU microseconds that each of some things takes: the quickest of several rounds, taken by turns."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            begun = time.process_time()
            for _ in range(TIMES):
                work()
            best[place] = min(best[place], 1e6 * (time.process_time() - begun) / TIMES)
    return best


def ours() -> Callable[[], None]:
    """Return what signs, seals, opens and verifies; what is in the body is looked at elsewhere, as with JOSE."""
    body, signer, opener = encode(message(1)), bytes(range(32)), bytes(range(1, 33))
    public, verifier = XWING.public_key(opener), signing_public(signer)
    now = datetime.now(UTC)
    header = Header(
        id=new_message_id(1, bytes(10)),
        sender=UK,
        recipient=RS,
        seq=1,
        lane=Lane.NORMAL,
        skid=key_id(verifier),
        rkid=key_id(public),
        sent_at=now,
        expires_at=now + timedelta(days=1),
    )

    def work() -> None:
        sealed = read(seal_checked(header, body, signing_seed=signer, sealer=XWING.sealer(public)))
        assert isinstance(sealed, Sealed)
        assert unseal_unread(sealed, opener=XWING.opener(opener), sender_key=verifier) == body

    return work


def jose() -> Callable[[], None]:
    """Return what does the same with joserfc: a JWS (Ed25519) inside a JWE (X25519, AES-256-GCM); nothing post-quantum.

    Raises:
        PeerError: joserfc is not here and cannot be fetched.
    """
    sys.path.insert(0, str(bring("joserfc")))
    jwe, jws, jwk = (import_module(f"joserfc.{name}") for name in ("jwe", "jws", "jwk"))
    signer, opener = jwk.OKPKey.generate_key("Ed25519"), jwk.OKPKey.generate_key("X25519")
    body = encode(message(1))
    signing, sealing = {"alg": "Ed25519"}, {"alg": "ECDH-ES", "enc": "A256GCM"}

    def work() -> None:
        signed = jws.serialize_compact(signing, body, signer, algorithms=["Ed25519"])
        sealed = jwe.encrypt_compact(sealing, signed.encode(), opener, algorithms=["ECDH-ES", "A256GCM"])
        opened = jwe.decrypt_compact(sealed, opener, algorithms=["ECDH-ES", "A256GCM"]).plaintext
        assert opened is not None
        assert jws.deserialize_compact(opened, signer, algorithms=["Ed25519"]).payload == body

    return work
