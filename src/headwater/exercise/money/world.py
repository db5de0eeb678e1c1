"""The world under construction: accounts, payments, goods and what is true of them, drawn from a seed."""

from dataclasses import dataclass, field
from typing import Any, Final

from headwater.errors import MissingExtraError

YEAR_START_S: Final = 1_735_689_600
"""2025-01-01T00:00:00Z."""
DAY_S: Final = 86_400
DAYS: Final = 365
HOMES: Final = ("GB", "DE", "FR", "BE", "NL", "IT", "PL", "RO", "GR", "BG", "RS", "XK", "AL", "BA", "MK", "TR", "IQ")
WEIGHTS: Final = (20, 16, 12, 5, 5, 7, 5, 4, 3, 3, 6, 2, 3, 2, 1, 4, 2)
TRANSIT: Final = ("TR", "GR", "BG", "RS", "BA", "AL", "MK")
CHANNELS: Final = ("bank", "card", "cash", "value-transfer", "crypto")
BANK, CARD, CASH, TRANSFER, CRYPTO = range(5)
TEXTS: Final = (
    "", "groceries", "salary", "rent", "family support", "thank you", "invoice", "ticket", "loan", "gift", "fee", "help",
)  # fmt: skip
NONE, GROCERIES, SALARY, RENT, SUPPORT, THANKS, INVOICE, TICKET, LOAN, GIFT, FEE, HELP = range(12)


def need_numpy() -> Any:  # noqa: ANN401 - a library
    """Return numpy.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import numpy as np
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "numpy") from error
    return np


@dataclass(frozen=True, slots=True)
class Group:
    """A planted network or an honest look-alike.

    Attributes:
        name: its name in the truth.
        label: ``smuggling`` or ``innocent``.
        kind: what it is, in a word or two.
    """

    name: str
    label: str
    kind: str


@dataclass(slots=True)
class World:
    """Everything that is written out in the end. Accounts are numbers here; `country` says where each is held."""

    rng: Any
    country: list[str] = field(default_factory=list)
    blocks: list[tuple[Any, ...]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    roles: list[tuple[int, int, str]] = field(default_factory=list)
    """Account, group, role."""
    companies: list[dict[str, Any]] = field(default_factory=list)
    ownership: list[dict[str, Any]] = field(default_factory=list)
    shipments: list[dict[str, Any]] = field(default_factory=list)
    listings: list[dict[str, Any]] = field(default_factory=list)
    hires: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    identifiers: list[dict[str, Any]] = field(default_factory=list)
    crossings: list[dict[str, Any]] = field(default_factory=list)
    things: list[tuple[str, str, int, str]] = field(default_factory=list)
    """Truth of other tables: table, id, group, typology."""
    suppliers: list[tuple[int, str]] = field(default_factory=list)
    """Account and number in the register of each supplier of boats who knows what they are for."""
    planted: int = 0

    def account(self, country: str) -> int:
        """Open an account in a country."""
        self.country.append(country)
        return len(self.country) - 1

    def accounts(self, count: int, country: str) -> list[int]:
        """Open several accounts in a country."""
        return [self.account(country) for _ in range(count)]

    def group(self, name: str, label: str, kind: str) -> int:
        """Begin a planted network or a look-alike."""
        self.groups.append(Group(name, label, kind))
        return len(self.groups) - 1

    def role(self, account: int, group: int, role: str) -> None:
        """Say what an account is in a group."""
        self.roles.append((account, group, role))

    def pay(
        self,
        t: Any,  # noqa: ANN401 - numpy arrays or numbers throughout
        src: Any,  # noqa: ANN401
        dst: Any,  # noqa: ANN401
        amount: Any,  # noqa: ANN401
        *,
        channel: int = BANK,
        text: int = NONE,
        group: int = -1,
        typology: str = "",
    ) -> None:
        """Add payments; what is not an array is the same for all of them."""
        np = need_numpy()
        arrays = np.broadcast_arrays(
            np.asarray(t, np.int64), np.asarray(src, np.int64), np.asarray(dst, np.int64), np.asarray(amount, np.int64)
        )
        flat = [np.ravel(array) for array in arrays]
        fits = (flat[3] > 0) & (flat[0] >= YEAR_START_S) & (flat[0] < YEAR_START_S + DAYS * DAY_S)
        flat = [array[fits] for array in flat]
        self.blocks.append((*flat, channel, text, group, typology))
        if group >= 0:
            self.planted += len(flat[0])

    def company(self, account: int, name: str, activity: str, **more: Any) -> str:  # noqa: ANN401
        """Register a business that uses an account and return its number."""
        number = more.pop("id", f"EX{len(self.companies):07d}")
        self.companies.append(
            {
                "id": number, "name": f"{name} (fictional)", "kind": more.pop("kind", "company"),
                "country": self.country[account] if account >= 0 else more.pop("home", "GB"), "activity": activity,
                "account": account, "registered": "2019-03-01", "designated": 0, "money_service": 0, **more,
            }
        )  # fmt: skip
        return str(number)

    def moments(self, low_day: float, high_day: float, count: int) -> Any:  # noqa: ANN401
        """Draw times between two days of the year, at waking hours."""
        rng = self.rng
        days = rng.uniform(low_day, max(high_day, low_day + 0.01), count).astype("int64")
        return YEAR_START_S + days * DAY_S + rng.integers(6 * 3600, 22 * 3600, count)

    def round_sum(self, low: int, high: int, count: int, step: int = 5_000) -> Any:  # noqa: ANN401
        """Draw amounts that people agree on: multiples of a step, in minor units."""
        return self.rng.integers(low // step, high // step + 1, count) * step
