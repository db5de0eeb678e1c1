"""What the exchange costs between two real node processes, and its sealing beside JOSE.

    python bench/bench_exchange.py [--messages 3000]

One JSON line for each figure: {"figure", "headwater", "peer", "ratio", "how"}; the last line is the document that
bench/run.py reads. The nodes are `headwater node serve` on loopback; messages of 8 KiB with twelve facts are queued by
this process through the node's Python interface, 32 at once, each with policy, seal, number and leaf; the clock stops
when the last receipt is kept. CPU is that of all three processes: user and system, this one's polling included.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from os import sysconf
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from headwater.exchange.envelope import Header, Lane, Sealed, read, seal, unseal
from headwater.exchange.suite import XWING, key_id, signing_public
from headwater.exercise.stage import House, Stage, free_ports
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId, MessageId, StateCode, new_message_id
from headwater.model.message import Kind, Message, MessageFact
from headwater.node import Node, setup
from headwater.node.users import User
from headwater.policy.agreement import Agreement, AgreementState
from headwater.settings import Settings
from tools.peers import bring

UK, RS = AuthorityId("UK-NCA"), AuthorityId("RS-MOI")
TERMS = "BENCH-UK-RS"
BODY_BYTES = 8192
FACTS = 12
AT_ONCE = 32
SINGLE = 200
URGENT = 200
CRYPTO = 400
POLL_S = 0.02
CPU_GOAL_US = 700.0
RATE_GOAL = 1000.0
P99_GOAL_MS = 100.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure beside its peer."""

    figure: str
    headwater: float
    peer: float
    ratio: float
    how: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a load of messages took: messages a second, and CPU microseconds a message by process."""

    rate: float
    command_us: float
    sender_us: float
    receiver_us: float
    batch: float

    @property
    def cpu_us(self) -> float:
        """CPU of both sides."""
        return self.command_us + self.sender_us + self.receiver_us


def message(kind: Kind = Kind.SPONTANEOUS, urgency: str = "normal") -> Message:
    """Return a message about a lorry, whose body is 8 KiB."""

    def with_text(size: int) -> Message:
        facts = {
            f"f{number}": MessageFact(
                id=f"f{number}",
                prop="registrationNumber",
                entity=f"lorry-{number}",
                schema="Vehicle",
                value=f"ZZ{number:02}EXR",
                category="object",
                origin=StateCode("UK"),
                marking="OFFICIAL",
                handling=("P",),
                grade="3x5x2:1/B",
                retain_until="2027-11-20",
            )
            for number in range(FACTS)
        }
        return Message(
            kind=kind,
            sender=UK,
            recipient=RS,
            agreement=TERMS,
            purpose="oic",
            classification="OFFICIAL",
            author="o.reed",
            urgency=urgency,
            why_urgent=None if urgency == "normal" else "bench",
            text="x" * size,
            expires="2999-01-01T00:00:00Z",
            facts=facts,
        )

    return with_text(BODY_BYTES - len(encode(with_text(0))))


@contextmanager
def two_nodes() -> Iterator[tuple[Node, House, House]]:
    """Set up London and Belgrade, live with each other, serve both, and yield London opened here as well."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as temporary:
        folder = Path(temporary)
        houses = {
            key: House(key, name, key, "Etc/UTC", folder / key, port)
            for (key, name), port in zip((("uk", UK), ("rs", RS)), free_ports(2), strict=True)
        }
        for house in houses.values():
            settings = Settings(authority=AuthorityId(house.authority), listen=f"127.0.0.1:{house.port}")
            setup.init(house.home, settings, [User("o.reed", frozenset({"liaison"}))])
        with Node.open(houses["uk"].home, {}) as uk:
            with Node.open(houses["rs"].home, {}) as rs:
                paper = rs.exchange.sign_agreement(uk.exchange.sign_agreement(terms()))
                for here, there in ((uk, rs), (rs, uk)):
                    here.exchange.add_partner([there.exchange.card_bytes()], [paper], who="bench")
                    here.exchange.confirm_partner(there.authority, there.exchange.card().fingerprint, who="bench")
            made = Stage(folder, houses)
            try:
                for house in houses.values():
                    made.start(house)
                wait_until_sent(uk)
                yield uk, houses["uk"], houses["rs"]
            finally:
                made.close()


def terms() -> Agreement:
    today = datetime.now(UTC).date()
    return Agreement(
        id=TERMS,
        parties=(UK, RS),
        state=AgreementState.LIVE,
        valid_from=today - timedelta(days=1),
        valid_until=date(2999, 1, 1),
        binding=True,
        purposes=frozenset({"oic"}),
        kinds=frozenset({Kind.SPONTANEOUS, Kind.ALERT}),
        markings={"NONE": 0, "OFFICIAL": 1},
        categories=frozenset({"object"}),
        retain_max_days=1095,
    )


def wait_until_sent(node: Node) -> None:
    """Return once nothing waits on either lane."""
    while True:
        with node.store.snapshot() as snapshot:
            if not any(snapshot.due_outgoing(RS, lane, 1) for lane in Lane):
                return
        time.sleep(POLL_S)


def send_load(node: Node, sender: House, receiver: House, count: int, at_once: int) -> Load:
    """Send so many messages and wait for their receipts."""
    given = message()
    begun, cpu = time.perf_counter(), (own_cpu_s(), cpu_s(sender), cpu_s(receiver))
    with ThreadPoolExecutor(at_once) as pool:
        for sending in pool.map(lambda _: node.exchange.send(given, who="o.reed"), range(count)):
            if not sending.is_queued:
                raise AssertionError(f"not sent, by rule {sending.judgement.rule}")
    wait_until_sent(node)
    took = time.perf_counter() - begun
    after = (own_cpu_s(), cpu_s(sender), cpu_s(receiver))
    command, sending_node, receiving = (1e6 * (end - start) / count for start, end in zip(cpu, after, strict=True))
    receipts = {row.receipt for row in node.exchange.outgoing()[-count:]}
    if None in receipts:
        raise AssertionError("a message was not receipted")
    return Load(count / took, command, sending_node, receiving, count / len(receipts))


def own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def cpu_s(house: House) -> float:
    """Return the CPU seconds of a node's process and all its threads."""
    assert house.process is not None
    fields = Path(f"/proc/{house.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / sysconf("SC_CLK_TCK")


def urgent_ms(node: Node) -> list[float]:
    """Return, sorted, what passes between sending an urgent message and seeing its receipt, one at a time."""
    given = message(Kind.ALERT, "urgent")
    found: list[float] = []
    for _ in range(URGENT):
        begun = time.perf_counter()
        sent = node.exchange.send(given, who="o.reed").id
        assert sent is not None
        while not is_receipted(node, sent):
            time.sleep(0.001)
        found.append((time.perf_counter() - begun) * 1000)
    return sorted(found)


def is_receipted(node: Node, ref: MessageId) -> bool:
    with node.store.snapshot() as snapshot:
        row = snapshot.outgoing(ref)
    return row is not None and row.state == "receipted"


def exchanging(count: int) -> Iterator[Figure]:
    """Messages between two nodes, many at once, one at a time, and urgent ones."""
    sealing = 1e6 / per_second(CRYPTO, headwater_crypto())
    with two_nodes() as (node, sender, receiver):
        send_load(node, sender, receiver, SINGLE, AT_ONCE)  # warm
        single = send_load(node, sender, receiver, SINGLE, 1)
        many = send_load(node, sender, receiver, count, AT_ONCE)
        latency = urgent_ms(node)
    split = f"command {many.command_us:.0f}, sender {many.sender_us:.0f}, receiver {many.receiver_us:.0f}"
    yield Figure(
        "messages-per-s",
        many.rate,
        single.rate,
        many.rate / single.rate,
        f"durable end to end, 32 queued at once, {many.batch:.1f} a receipt, against one at a time; G1 wants {RATE_GOAL:.0f}",
    )
    yield Figure(
        "cpu-us-per-message",
        many.cpu_us,
        sealing,
        many.cpu_us / sealing,
        f"CPU of all processes ({split}) against sealing and opening alone; G1 wants {CPU_GOAL_US:.0f}",
    )
    p50, p99 = latency[len(latency) // 2], latency[int(len(latency) * 0.99)]
    yield Figure(
        "urgent-p99-ms",
        p99,
        P99_GOAL_MS,
        P99_GOAL_MS / p99,
        f"sent to receipt seen, idle, median {p50:.1f} ms, worst {latency[-1]:.1f} ms; G2 wants 100 ms",
    )


def per_second(count: int, work: Callable[[], None]) -> float:
    work()
    begun = time.perf_counter()
    for _ in range(count):
        work()
    return count / (time.perf_counter() - begun)


def headwater_crypto() -> Callable[[], None]:
    """Return what signs, seals, opens and verifies one body of 8 KiB."""
    body, signer, opener = encode(message()), bytes(range(32)), bytes(range(1, 33))
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
        sealed = read(seal(header, body, signing_seed=signer, recipient_key=public))
        assert isinstance(sealed, Sealed)
        assert unseal(sealed, recipient_seed=opener, sender_key=verifier) == body

    return work


def jose() -> Callable[[], None]:
    """Return what does the same with joserfc: a JWS (Ed25519) inside a JWE (X25519, AES-256-GCM); nothing post-quantum."""
    sys.path.insert(0, str(bring("joserfc")))
    jwe, jws, jwk = (import_module(f"joserfc.{name}") for name in ("jwe", "jws", "jwk"))
    signer, opener = jwk.OKPKey.generate_key("Ed25519"), jwk.OKPKey.generate_key("X25519")
    body = encode(message())
    signing, sealing = {"alg": "Ed25519"}, {"alg": "ECDH-ES", "enc": "A256GCM"}

    def work() -> None:
        signed = jws.serialize_compact(signing, body, signer, algorithms=["Ed25519"])
        sealed = jwe.encrypt_compact(sealing, signed.encode(), opener, algorithms=["ECDH-ES", "A256GCM"])
        opened = jwe.decrypt_compact(sealed, opener, algorithms=["ECDH-ES", "A256GCM"]).plaintext
        assert opened is not None
        assert jws.deserialize_compact(opened, signer, algorithms=["Ed25519"]).payload == body

    return work


def sealing() -> Iterator[Figure]:
    """Our envelope beside JOSE."""
    ours, theirs = per_second(CRYPTO, headwater_crypto()), per_second(CRYPTO, jose())
    yield Figure(
        "sign-seal-open-verify",
        ours,
        theirs,
        ours / theirs,
        "bodies of 8 KiB/s, X-Wing and Ed25519, checks of JSON included, against joserfc JWS in JWE without post-quantum",
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the exchange.")
    parser.add_argument("--messages", type=int, default=3000, help="messages of the load")
    given = parser.parse_args()
    goals = {"sign-seal-open-verify": 1.5, "messages-per-s": 1.5, "urgent-p99-ms": 1.0}
    results = []
    for part in (sealing(), exchanging(given.messages)):
        for found in part:
            print(json.dumps(asdict(found)), flush=True)
            results.append(
                {"name": found.figure, "ratio": found.ratio, "at_least": goals.get(found.figure), "what": found.how}
            )
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
