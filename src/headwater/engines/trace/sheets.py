"""The tables of a run as Ibis expressions: one for each kind, whatever number of Parquet files it lies in.

The same expressions run on DuckDB and on Spark. Accounts become whole numbers once, so that no pattern compares texts;
payments of an account to itself are left out of every pattern.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from headwater.engines.trace.worth import worth
from headwater.errors import MissingExtraError, SchemaError
from headwater.model.money import ASSETS, CURRENCIES
from headwater.model.tables import TABLES

NOBODY: Final = -1
MICRO: Final = 1_000_000


def need_ibis() -> Any:  # noqa: ANN401 - the library's types are not strict
    """Return the Ibis library.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import ibis
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "ibis") from error
    return ibis


@dataclass(slots=True)
class Sheets:
    """The tables of one run.

    Attributes:
        backend: the Ibis backend that computes.
        paths: paths of the Parquet files of each kind, in the order in which ``tab`` numbers them.
    """

    backend: Any
    paths: Mapping[str, Sequence[str]]
    _kept: dict[str, Any] = field(default_factory=dict)
    _held: list[str] = field(default_factory=list)

    def has(self, kind: str) -> bool:
        """Return whether there is any table of a kind."""
        return bool(self.paths.get(kind))

    def raw(self, kind: str) -> Any:  # noqa: ANN401
        """Return the rows of all tables of a kind, with ``tab``, the number of the file."""
        ibis = need_ibis()
        found = []
        for number, path in enumerate(self.paths[kind]):
            sheet = self.backend.read_parquet(path, table_name=f"headwater_{kind}_{number}")
            found.append(sheet.mutate(tab=ibis.literal(number, "int32")))
        return found[0] if len(found) == 1 else ibis.union(*found)

    def keep(self, name: str, make: Any) -> Any:  # noqa: ANN401
        """Return an expression computed once and kept for the run."""
        if name not in self._kept:
            self._kept[name] = self.hold(make())
        return self._kept[name]

    def hold(self, expression: Any) -> Any:  # noqa: ANN401
        """Return an expression computed once, until `close`."""
        name = f"headwater_held_{len(self._held)}"
        self._held.append(name)
        if self.backend.name == "duckdb":
            return self.backend.create_table(name, expression, temp=True, overwrite=True)
        # Spark's own cache keeps the whole plan behind each table, which grows beyond its memory; a checkpoint does not.
        self.backend._run_pre_execute_hooks(expression)  # noqa: SLF001 - what Ibis does before it caches
        frame = self.backend._session.sql(self.backend.compile(expression)).localCheckpoint()  # noqa: SLF001
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)

    def rows_of(self, column: str, kind: str, values: Sequence[Any]) -> Any:  # noqa: ANN401
        """Return some values as a table of one column."""
        return self.hold(need_ibis().memtable({column: list(values)}, schema={column: kind}))

    def close(self) -> None:
        """Let go of what was held."""
        self._kept.clear()
        for name in self._held:
            if self.backend.name == "duckdb":
                self.backend.drop_table(name, force=True)
            else:
                self.backend.drop_view(name, force=True)
        self._held.clear()

    @property
    def accounts(self) -> Any:  # noqa: ANN401
        """Every account of the payments: ``acc``, a number, and ``name``."""
        return self.keep("accounts", self._accounts)

    @property
    def payments(self) -> Any:  # noqa: ANN401
        """Payments between different accounts: numbers instead of names, seconds instead of microseconds.

        Columns: ``tab``, ``row``, ``t`` (s), ``src``, ``dst``, ``value`` (in ``unit``, comparable), ``unit``, ``channel``,
        ``from_country``, ``to_country``, ``worth`` (about cents of a euro, for thresholds alone).
        """
        return self.keep("payments", self._payments)

    @property
    def parties(self) -> Any:  # noqa: ANN401
        """The companies that use an account of the payments: ``acc``, ``id``, ``activity``, ``money_service``, ``country``."""
        return self.keep("parties", self._parties)

    @property
    def degrees(self) -> Any:  # noqa: ANN401
        """Number of payments in and out of each account: ``acc``, ``n_in``, ``n_out``."""
        return self.keep("degrees", self._degrees)

    def account(self, column: Any) -> Any:  # noqa: ANN401
        """Return the accounts table under a name of its own, to look up one column."""
        return self.accounts.rename({f"{column}_name": "name", column: "acc"})

    def _accounts(self) -> Any:  # noqa: ANN401
        ibis = need_ibis()
        raw = self.raw("payments")
        names = ibis.union(raw.select(name=raw.sender), raw.select(name=raw.receiver), distinct=True)
        return names.mutate(acc=ibis.row_number().over(order_by=names.name).cast("int32"))

    def _payments(self) -> Any:  # noqa: ANN401
        raw = self.rated(self.single(self.raw("payments")))
        raw = raw.filter(raw.sender != raw.receiver)
        raw = raw.mutate(t=(raw.time_us // MICRO).cast("int64"))
        payers = self.accounts.rename(src="acc", sender="name")
        payees = self.accounts.rename(dst="acc", receiver="name")
        joined = raw.join(payers, "sender").join(payees, "receiver")
        wanted = ("tab", "row", "t", "src", "dst", "value", "unit", "channel", "from_country", "to_country")
        return joined.select(*wanted, worth=worth(joined.value, joined.unit))

    def single(self, raw: Any) -> Any:  # noqa: ANN401
        """Return payments without those that stand in an earlier table too: two banks may both report one."""
        if len(self.paths["payments"]) == 1:
            return raw
        ibis = need_ibis()
        same = ("id", "time_us", "sender", "receiver", "amount", "currency")
        first = ibis.window(group_by=[raw[name] for name in same], order_by=[raw.tab, raw.row])
        ranked = raw.mutate(copy=ibis.row_number().over(first))
        return ranked.filter(ranked.copy == 0).drop("copy")

    def rated(self, raw: Any) -> Any:  # noqa: ANN401
        """Add ``value`` and ``unit``: in the base currency where the user gave rates, as given where not."""
        ibis = need_ibis()
        if not self.has("rates"):
            return raw.mutate(value=raw.amount, unit=raw.currency)
        rates = self._checked_rates()
        until = ibis.window(group_by=rates.currency, order_by=rates.time_us)
        spans = rates.mutate(until_us=rates.time_us.lead().over(until).fill_null(2**62))
        spans = spans.select(
            unit_of="currency", from_us="time_us", until_us="until_us", rate_e9="rate_e9", base="base"
        ).mutate(places=_decimals(spans_unit := "unit_of"))
        spans = spans.mutate(base_places=_decimals("base"))
        joined = raw.left_join(
            spans, [raw.currency == spans[spans_unit], raw.time_us >= spans.from_us, raw.time_us < spans.until_us]
        )
        rated = joined.amount.cast("float64") * joined.rate_e9.cast("float64") / 1e9
        scale = ibis.literal(10.0) ** (joined.base_places - joined.places).cast("float64")
        value = (rated * scale + 0.5).floor().cast("int64")
        own = joined.rate_e9.isnull()
        return joined.mutate(
            value=ibis.ifelse(own, joined.amount, value), unit=ibis.ifelse(own, joined.currency, joined.base)
        )

    def _checked_rates(self) -> Any:  # noqa: ANN401
        rates = self.raw("rates")
        bases = self.backend.to_pyarrow(rates.select("base").distinct())["base"].to_pylist()
        if len(bases) > 1:
            raise SchemaError("rates to more than one base currency", where="rates", fix="give all rates in one base")
        return rates

    def _parties(self) -> Any:  # noqa: ANN401
        raw = self.raw("companies")
        used = raw.filter(raw.account != "")
        joined = used.join(self.accounts, used.account == self.accounts.name)
        return joined.select(
            "acc",
            "id",
            kind=joined.kind,
            country=joined.country,
            activity=joined.activity.lower(),
            money_service=joined.money_service.fill_null(0),
        )

    def _degrees(self) -> Any:  # noqa: ANN401
        ibis = need_ibis()
        paid = self.payments
        out = paid.group_by(acc=paid.src).aggregate(n_out=paid.count(), n_in=ibis.literal(0, "int64"))
        came = paid.group_by(acc=paid.dst).aggregate(n_out=ibis.literal(0, "int64"), n_in=paid.count())
        both = ibis.union(out, came)
        return both.group_by("acc").aggregate(n_out=both.n_out.sum(), n_in=both.n_in.sum())


def _decimals(column: str) -> Any:  # noqa: ANN401
    ibis = need_ibis()
    known = CURRENCIES | ASSETS
    odd = [(ibis._[column] == code, places) for code, places in sorted(known.items()) if places != 2]  # noqa: PLR2004
    return ibis.cases(*odd, else_=2)


def checked(paths: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the paths of each kind in order.

    Raises:
        SchemaError: there is a kind of table that headwater does not know.
    """
    unknown = sorted(set(paths) - set(TABLES))
    if unknown:
        raise SchemaError("no such table", where=unknown[0], fix=f"use one of {', '.join(TABLES)}")
    return {kind: tuple(paths[kind]) for kind in TABLES if paths.get(kind)}
