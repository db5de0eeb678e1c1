"""Payments in ISO 20022 messages: bank statements (camt.053) and customer credit transfers (pacs.008).

Source: ISO 20022 message definitions camt.053.001.02 to .08 and pacs.008.001.02 to .10. Elements are found by their
names, so every version that keeps them is read. A date without a time counts from 00:00 UTC of that day.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import BinaryIO, Final

from headwater.errors import FormatError, HeadwaterError, Place, SchemaError
from headwater.formats.safe import MAX_FILE_BYTES
from headwater.formats.safe_xml import Element, iter_xml
from headwater.formats.table_rows import Read, gathered
from headwater.model.money import minor_units
from headwater.ports import LeftOut, Rows, Span

_PREFIX: Final = re.compile(rb"<(?:([A-Za-z_][\w.-]{0,30}):)?Document[\s>]")
_DAY_LETTERS: Final = len("2026-11-25")
PAYMENTS: Final = "payments"


class _Message(ABC):
    """What both messages share: an XML document of entries, each of one or more payments."""

    name: str
    title: str
    mark: bytes
    entries: frozenset[str]
    tables = (PAYMENTS,)

    def rows(self, stream: BinaryIO, *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
        """Yield the payments of a message, many at a time, and each that cannot be read.

        Raises:
            FormatError: no such message, or one without entries.
            LimitError: beyond the limits of XML.
        """
        data = stream.read(MAX_FILE_BYTES + 1)
        if self.mark not in data:
            raise FormatError(f"not {self.title}", where=file)
        yield from gathered(self._read(data, file), file=file, span=span)

    @abstractmethod
    def _read(self, data: bytes, file: str) -> Iterator[Read]:
        """Yield what each entry says."""

    def _elements(self, data: bytes, file: str) -> Iterator[Element]:
        found = _PREFIX.search(data, 0, 65_536)
        prefix = f"{found[1].decode('ascii', 'replace')}:" if found and found[1] else ""
        names = frozenset(prefix + name for name in self.entries)
        stream = iter_xml(data, root=f"{prefix}Document", entries=names, file=file)
        next(stream)
        for element in stream:
            if prefix:
                _strip(element, prefix)
            yield element


class Camt053(_Message):
    """Bank statements: each booked entry is a payment to or from the account of the statement."""

    name = "camt053"
    title = "a bank statement, ISO 20022 camt.053"
    mark = b"BkToCstmrStmt"
    entries = frozenset({"Acct", "Ntry"})

    def _read(self, data: bytes, file: str) -> Iterator[Read]:
        own: tuple[str, str] | None = None
        for element in self._elements(data, file):
            if element.tag == "Acct":
                own = _account(element), _country(_account(element))
                continue
            if own is None:
                raise SchemaError("an entry before the statement's account", where=Place(file=file, line=element.line))
            if element.value("Sts/Cd") in ("PDNG", "INFO") or element.value("Sts") in ("PDNG", "INFO"):
                continue  # not booked
            details = element.all("NtryDtls/TxDtls") or [Element("TxDtls", element.line)]
            for number, detail in enumerate(details, 1):
                try:
                    yield PAYMENTS, detail.line, _entry(element, detail, own, number if len(details) > 1 else 0)
                except HeadwaterError as error:
                    yield PAYMENTS, detail.line, error


class Pacs008(_Message):
    """Customer credit transfers between banks."""

    name = "pacs008"
    title = "customer credit transfers, ISO 20022 pacs.008"
    mark = b"FIToFICstmrCdtTrf"
    entries = frozenset({"GrpHdr", "CdtTrfTxInf"})

    def _read(self, data: bytes, file: str) -> Iterator[Read]:
        head: Element | None = None
        for element in self._elements(data, file):
            if element.tag == "GrpHdr":
                head = element
                continue
            try:
                yield PAYMENTS, element.line, _transfer(element, head)
            except HeadwaterError as error:
                yield PAYMENTS, element.line, error


def _entry(entry: Element, detail: Element, own: tuple[str, str], number: int) -> dict[str, str | int]:
    amount = next(iter(detail.all("Amt") or detail.all("AmtDtls/TxAmt/Amt") or entry.all("Amt")), None)
    came = entry.value("CdtDbtInd")
    if came not in ("CRDT", "DBIT"):
        raise SchemaError("neither credit nor debit", where=Place(field="CdtDbtInd"))
    side = "Dbtr" if came == "CRDT" else "Cdtr"
    parties = next(iter(detail.all("RltdPties")), None)
    other = _party(parties, side)
    agent = detail.value(f"RltdAgts/{side}Agt/FinInstnId/BICFI") or detail.value(f"RltdAgts/{side}Agt/FinInstnId/BIC")
    place = _country(other) or agent[4:6]
    ref = (
        detail.value("Refs/UETR")
        or detail.value("Refs/TxId")
        or detail.value("Refs/AcctSvcrRef")
        or entry.value("AcctSvcrRef")
        or entry.value("NtryRef")
    )
    if not ref:
        raise SchemaError("a payment without a reference", where=Place(field="AcctSvcrRef"))
    out = came == "DBIT"
    return {
        "id": f"{ref}/{number}" if number and not detail.value("Refs/UETR") else ref,
        "time_us": _moment(entry.value("BookgDt/DtTm") or entry.value("BookgDt/Dt") or entry.value("ValDt/Dt")),
        "sender": own[0] if out else other,
        "receiver": other if out else own[0],
        **_amount(amount),
        "channel": "bank",
        "from_country": own[1] if out else place,
        "to_country": place if out else own[1],
        "text": " ".join(detail.texts("RmtInf/Ustrd")) or entry.value("AddtlNtryInf"),
    }


def _transfer(element: Element, head: Element | None) -> dict[str, str | int]:
    sender, receiver = _party(element, "Dbtr"), _party(element, "Cdtr")
    made = head.value("CreDtTm") if head else ""
    return {
        "id": element.value("PmtId/UETR") or element.value("PmtId/TxId") or element.value("PmtId/EndToEndId"),
        "time_us": _moment(element.value("AccptncDtTm") or made or element.value("IntrBkSttlmDt")),
        "sender": sender,
        "receiver": receiver,
        **_amount(next(iter(element.all("IntrBkSttlmAmt")), None)),
        "channel": "bank",
        "from_country": _country(sender) or _agent(element, "DbtrAgt"),
        "to_country": _country(receiver) or _agent(element, "CdtrAgt"),
        "text": " ".join(element.texts("RmtInf/Ustrd")),
    }


def _agent(element: Element, tag: str) -> str:
    bic = element.value(f"{tag}/FinInstnId/BICFI") or element.value(f"{tag}/FinInstnId/BIC")
    return bic[4:6]


def _amount(amount: Element | None) -> dict[str, str | int]:
    where = Place(field="Amt")
    if amount is None:
        raise SchemaError("a missing value", where=where)
    unit = amount.attributes.get("Ccy", "")
    return {"amount": minor_units(amount.text.strip(), unit, where=where), "currency": unit}


def _party(parties: Element | None, side: str) -> str:
    """Return the account of one side; its name where the message gives no account."""
    if parties is None:
        return ""
    for account in parties.all(f"{side}Acct"):
        if found := _account(account):
            return found
    name = parties.value(f"{side}/Nm") or parties.value(f"{side}/Pty/Nm")
    return f"name:{name}" if name else ""


def _account(account: Element) -> str:
    return account.value("Id/IBAN") or account.value("Id/Othr/Id")


def _country(account: str) -> str:
    """Return the country of an IBAN (ISO 13616), blank for other accounts."""
    return account[:2] if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}", account) else ""


def _moment(text: str) -> str:
    return f"{text}T00:00:00Z" if len(text) == _DAY_LETTERS else text


def _strip(element: Element, prefix: str) -> None:
    element.tag = element.tag.removeprefix(prefix)
    for child in element.children:
        _strip(child, prefix)
