"""The authorities of a simulated world, who has agreed with whom, and their nodes as they are once all trust each other."""

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from headwater.exchange.envelope import Lane
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId, StateCode, state_of
from headwater.model.message import Kind
from headwater.policy.agreement import Agreement, AgreementState, Onward, Osja, OsjaLevel, Safeguard
from headwater.store import Store
from headwater.testing.fakes import FakeClock, SeededChance

MADE_AT: Final = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
ZONES: Final[Mapping[AuthorityId, str]] = {
    AuthorityId("UK-NCA"): "Europe/London",
    AuthorityId("RS-MOI"): "Europe/Belgrade",
    AuthorityId("XK-KP"): "Europe/Belgrade",
    AuthorityId("HU-NNI"): "Europe/Budapest",
    AuthorityId("IT-PDS"): "Europe/Rome",
}
AUTHORITIES: Final = tuple(ZONES)
EDGES: Final = ((0, 1), (0, 2), (1, 3), (0, 3), (3, 4))
"""Who has an agreement with whom; of these, as many as there are nodes for."""
KINDS: Final = frozenset(
    {Kind.REQUEST, Kind.RESPONSE, Kind.SPONTANEOUS, Kind.ALERT, Kind.CONSENT, Kind.CONSENT_REQUEST}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Nodes that are set up and live with each other, in folders to be copied."""

    folder: Path
    authorities: tuple[AuthorityId, ...]
    edges: tuple[tuple[AuthorityId, AuthorityId], ...]

    def peers(self, me: AuthorityId) -> tuple[AuthorityId, ...]:
        """Return whom an authority has an agreement with."""
        return tuple(one if me == other else other for one, other in self.edges if me in (one, other))

    def copy(self, to: Path) -> None:
        """Copy every node's home into a folder."""
        for me in self.authorities:
            (to / me).mkdir()
            shutil.copyfile(self.folder / me / "store.sqlite", to / me / "store.sqlite")
            for name in ("blobs", "tables", "derived"):
                (to / me / name).mkdir()

    def keys(self) -> dict[AuthorityId, Keys]:
        """Return each node's keys; they are read once."""
        return {me: Keys(self.folder / me) for me in self.authorities}


def terms_name(one: AuthorityId, other: AuthorityId) -> str:
    """Return the name of the agreement of two authorities."""
    return "A-" + "-".join(sorted(state_of(each) for each in (one, other)))


def make_setting(folder: Path, nodes: int) -> Setting:
    """Make so many nodes in a folder and let them get to know each other."""
    authorities = AUTHORITIES[:nodes]
    edges = tuple((AUTHORITIES[one], AUTHORITIES[other]) for one, other in EDGES if max(one, other) < nodes)
    made = Setting(folder, authorities, edges)
    clock, wires, exchanges = FakeClock(MADE_AT), _Wires(), dict[AuthorityId, Exchange]()
    with ExitStack() as stack:
        for number, me in enumerate(authorities):
            chance = SeededChance(1000 + number)
            store = Store.create(folder / me, clock=clock, chance=chance)
            stack.callback(store.close)
            keys = Keys.create(folder / me, chance)
            endpoint = f"http://{me.lower()}:1"
            exchange = Exchange(store, keys, clock, chance, me, wires)
            exchange.make_card(me, [endpoint], folder / me / "roots", who="engineer", zone=ZONES[me])
            exchanges[me] = wires.nodes[endpoint] = exchange
        for one, other in edges:
            _befriend(exchanges[one], exchanges[other])
    return made


class _Wires:
    """A network that never fails."""

    def __init__(self) -> None:
        self.nodes: dict[str, Exchange] = {}

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:  # noqa: ARG002 - there is one path
        return self.nodes[endpoint].receive(body)


def _befriend(one: Exchange, other: Exchange) -> None:
    paper = other.sign_agreement(one.sign_agreement(_terms(one.me, other.me)))
    for mine, theirs in ((one, other), (other, one)):
        mine.add_partner([theirs.card_bytes()], [paper], who="engineer")
        mine.confirm_partner(theirs.me, theirs.card().fingerprint, who="liaison")
    for mine, theirs in ((one, other), (other, one)):
        mine.courier((theirs.me, Lane.NORMAL)).step()


def _terms(one: AuthorityId, other: AuthorityId) -> Agreement:
    last = date(2030, 12, 31)
    never = frozenset({StateCode("RS")}) if state_of(other) == "XK" else frozenset()
    return Agreement(
        id=terms_name(one, other),
        parties=(one, other),
        state=AgreementState.LIVE,
        valid_from=date(2026, 1, 1),
        valid_until=last,
        binding=False,
        safeguards={state_of(each): Safeguard(ref="INVENTED", until=last) for each in (one, other)},
        purposes=frozenset({"oic"}),
        kinds=KINDS,
        markings={"NONE": 0, "OFFICIAL": 1},
        categories=frozenset({"suspect", "associate", "organisation", "object"}),
        retain_max_days=1095,
        osja=Osja(ref="INVENTED", level=OsjaLevel.LOW, review_by=last),
        onward=Onward(never=never),
    )
