"""Bank statements and credit transfers: who paid whom, in minor units, with the bank's own reference."""

import pytest

from headwater.errors import InputError
from tests.trace_world import read

STATEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>EX1</Id>
<Acct><Id><IBAN>DE00EXMP0000000001</IBAN></Id></Acct>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">1250.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2025-03-01T10:00:00+01:00</DtTm></BookgDt><AcctSvcrRef>REF1</AcctSvcrRef>
<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Example Family</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>FR00EXMP0000000002</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>help</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="JPY">500</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2025-03-02</Dt></BookgDt>
<AcctSvcrRef>REF2</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Cdtr><Nm>Shop (fictional)</Nm></Cdtr></RltdPties></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>
</Stmt></BkToCstmrStmt></Document>"""
TRANSFER = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.10"><FIToFICstmrCdtTrf>
<GrpHdr><MsgId>M</MsgId><CreDtTm>2025-03-01T09:00:00Z</CreDtTm></GrpHdr>
<CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId><TxId>T1</TxId></PmtId><IntrBkSttlmAmt Ccy="KWD">1.234</IntrBkSttlmAmt>
<Dbtr><Nm>Payer (fictional)</Nm></Dbtr><DbtrAcct><Id><Othr><Id>000111</Id></Othr></Id></DbtrAcct>
<DbtrAgt><FinInstnId><BICFI>EXMPKWKW</BICFI></FinInstnId></DbtrAgt>
<Cdtr><Nm>Payee (fictional)</Nm></Cdtr><CdtrAcct><Id><IBAN>TR00EXMP0000000003</IBAN></Id></CdtrAcct></CdtTrfTxInf>
</FIToFICstmrCdtTrf></Document>"""


def test_a_statement_gives_its_booked_entries_in_both_directions() -> None:
    rows, errors = read("camt053", STATEMENT.encode())
    assert errors == []
    came, went = rows["payments"]
    assert (came["sender"], came["receiver"], came["amount"], came["id"]) == (
        "FR00EXMP0000000002", "DE00EXMP0000000001", 125_050, "REF1",
    )  # fmt: skip
    assert (came["from_country"], came["to_country"], came["text"]) == ("FR", "DE", "help")
    assert (went["sender"], went["receiver"], went["amount"]) == ("DE00EXMP0000000001", "name:Shop (fictional)", 500)
    assert came["time_us"] == 1_740_819_600_000_000


def test_a_prefixed_namespace_is_read_alike() -> None:
    prefixed = STATEMENT.replace("</", "</c:").replace("<", "<c:").replace("<c:/c:", "</c:").replace("<c:?xml", "<?xml")
    prefixed = prefixed.replace("<c:Document xmlns=", "<c:Document xmlns:c=")
    assert read("camt053", prefixed.encode())[0] == read("camt053", STATEMENT.encode())[0]


def test_a_transfer_keeps_three_decimals_and_the_country_of_the_banks() -> None:
    ((row,), errors) = (read("pacs008", TRANSFER.encode())[0]["payments"], read("pacs008", TRANSFER.encode())[1])
    assert errors == []
    assert (row["id"], row["sender"], row["amount"], row["currency"]) == ("T1", "000111", 1_234, "KWD")
    assert (row["from_country"], row["to_country"]) == ("KW", "TR")


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("camt053", "1250.50", "1250.505", "Amt"),
        ("camt053", "1250.50", "-1", "Amt"),
        ("camt053", 'Ccy="EUR">1250', 'Ccy="XXX">1250', "currency"),
        ("camt053", "2025-03-01T10:00:00+01:00", "2025-03-01T10:00:00", "time"),
        ("camt053", "<Nm>Shop (fictional)</Nm>", "", "to"),
        ("camt053", "<AcctSvcrRef>REF2</AcctSvcrRef>", "", "AcctSvcrRef"),
        ("camt053", "DBIT", "BOTH", "CdtDbtInd"),
        ("pacs008", "1.234<", "1.2345<", "Amt"),
        ("pacs008", "09:00:00Z", "09:00:00", "time"),
    ],
)
def test_a_bad_entry_is_refused_with_its_line_and_field(name: str, old: str, new: str, field: str) -> None:
    text = STATEMENT if name == "camt053" else TRANSFER
    assert old in text
    _, errors = read(name, text.replace(old, new, 1).encode())
    assert [error.where.field for error in errors] == [field]
    assert errors[0].where.line


@pytest.mark.parametrize(
    "text", ["<Document/>", "<!DOCTYPE x><Document><BkToCstmrStmt/></Document>", STATEMENT[:400], "{}"]
)
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read("camt053", text.encode())
