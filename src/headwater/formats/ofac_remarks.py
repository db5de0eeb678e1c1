"""The free text that OFAC keeps attributes in.

For example ``DOB 10 Dec 1948; alt. DOB circa 1936; POB Exampleville, Exampleland; Gender Male; a.k.a. 'X'.``

Source: https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas, and the list itself.
"""

import re
from collections.abc import Callable
from typing import Final

from headwater.formats.dates import american_date
from headwater.formats.entries import Entry

_ALTERNATE: Final = re.compile(r"^alt\. ")
_ISSUE: Final = re.compile(r"(?: \([^()]*\))?(?: (?:issued|expires) [^;]*)?$")
_WEAK: Final = re.compile(r"([afn])\.k\.a\. '(.+)'$")
_RANGE: Final = re.compile(r" to | ?- ?")
_WALLET: Final = re.compile(r"Digital Currency Address - ([A-Z0-9]{2,8}) ([A-Za-z0-9:]{8,128})$")
_LINKED: Final = re.compile(r"Linked To: (.+)$")

# What a remark begins with, and the property that the rest of it is a value of, for each kind of entry.
_ANYBODY: Final = {
    "Email Address": "email",
    "Website": "website",
    "Telephone": "phone",
    "Tax ID No.": "taxNumber",
    "NIT #": "taxNumber",
    "RUC #": "taxNumber",
    "RIF #": "taxNumber",
    "V.A.T. Number": "vatCode",
    "SWIFT/BIC": "swiftBic",
}
_PERSON: Final = {
    "POB": "birthPlace",
    "nationality": "nationality",
    "citizen": "citizenship",
    "Passport": "passportNumber",
    "Diplomatic Passport": "passportNumber",
    "National ID No.": "idNumber",
    "Cedula No.": "idNumber",
    "Identification Number": "idNumber",
    "D.N.I.": "idNumber",
    "C.U.R.P.": "idNumber",
    "R.F.C.": "taxNumber",
    "Driver's License No.": "idNumber",
    "Birth Certificate Number": "idNumber",
    "Electoral Registry No.": "idNumber",
    "Italian Fiscal Code": "taxNumber",
    "SSN": "socialSecurityNumber",
}
_BODY: Final = {
    "Registration Number": "registrationNumber",
    "Registration ID": "registrationNumber",
    "Company Number": "registrationNumber",
    "Business Registration Document #": "registrationNumber",
    "Business Registration Number": "registrationNumber",
    "Commercial Registry Number": "registrationNumber",
    "C.R. No.": "registrationNumber",
    "Matricula Mercantil No": "registrationNumber",
    "Folio Mercantil No.": "registrationNumber",
    "Trade License No.": "licenseNumber",
    "D-U-N-S Number": "dunsCode",
}
_SHIP: Final = {
    "Vessel Registration Identification IMO": "imoNumber",
    "MMSI": "mmsi",
    "Former Vessel Flag": "pastFlags",
}
_PLANE: Final = {
    "Aircraft Model": "model",
    "Aircraft Tail Number": "registrationNumber",
    "Aircraft Manufacturer's Serial Number (MSN)": "serialNumber",
}
_PROPERTIES: Final = {
    "Person": _ANYBODY | _PERSON,
    "Organization": _ANYBODY | _BODY,
    "LegalEntity": _ANYBODY | _BODY,
    "Vessel": _SHIP,
    "Airplane": _PLANE,
}
_IDENTIFIERS: Final = frozenset(
    {
        "passportNumber",
        "idNumber",
        "taxNumber",
        "registrationNumber",
        "licenseNumber",
        "socialSecurityNumber",
        "vatCode",
    }
)
_PREFIXES: Final = {schema: sorted(table, key=len, reverse=True) for schema, table in _PROPERTIES.items()}


def add_remarks(entry: Entry, remarks: str) -> None:
    """Add what the remarks of an entry say; the whole text is kept as a note, so that nothing is lost."""
    entry.say("notes", remarks)
    # The patterns below know one space only, which also keeps their time in line with the length of the text.
    for given in " ".join(remarks.split()).rstrip(". ").split("; "):
        remark = _ALTERNATE.sub("", given.strip().rstrip("."))
        if not any(add(entry, remark, given) for add in _READERS):
            _add_property(entry, remark, given)


def add_name(entry: Entry, prop: str, name: str, *, original: str | None = None) -> None:
    """Add a name; a person's stands as ``FAMILY, Given`` and is turned round."""
    family, comma, given = (part.strip() for part in name.partition(","))
    if entry.schema == "Person" and comma:
        if prop == "name":
            entry.say("firstName", given)
            entry.say("lastName", family)
        entry.say(prop, f"{given} {family}", original=original or name)
    else:
        entry.say(prop, name, original=original)


def _add_weak_name(entry: Entry, remark: str, given: str) -> bool:
    found = _WEAK.match(remark)
    if found:
        # Names that stand in the remarks are those that OFAC itself does not search by: weak ones.
        add_name(entry, "previousName" if found[1] == "f" else "weakAlias", found[2], original=given)
    return bool(found)


def _add_birth(entry: Entry, remark: str, given: str) -> bool:
    if entry.schema != "Person" or not remark.startswith("DOB "):
        return False
    text = remark.removeprefix("DOB ").removeprefix("circa ")
    for part in _RANGE.split(text):
        date = american_date(part)
        if date is not None:
            # `original` keeps "circa" and the range that a year stands for.
            entry.say("birthDate", date, original=given if part == text == remark[4:] else remark[4:])
    return True


def _add_gender(entry: Entry, remark: str, given: str) -> bool:
    word = remark.removeprefix("Gender ")
    known = entry.schema == "Person" and word in {"Male", "Female"}
    if known:
        entry.say("gender", word.lower(), original=given)
    return known


def _add_made(entry: Entry, remark: str, given: str) -> bool:
    label = "Aircraft Manufacture Date "
    date = american_date(remark.removeprefix(label)) if remark.startswith(label) else None
    if entry.schema != "Airplane" or date is None:
        return False
    entry.say("buildDate", date, original=given)
    return True


def _add_wallet(entry: Entry, remark: str, _: str) -> bool:
    found = _WALLET.match(remark)
    if found:
        facts = {"publicKey": found[2], "currencySymbol": found[1], "holder": entry.key}
        entry.thing(f"wallet-{found[1]}-{found[2]}", "CryptoWallet", facts)
    return bool(found)


def _add_link(entry: Entry, remark: str, _: str) -> bool:
    found = _LINKED.match(remark)
    if found:
        entry.note("Linked To", found[1])
    return bool(found)


_READERS: Final[tuple[Callable[[Entry, str, str], bool], ...]] = (
    _add_weak_name,
    _add_birth,
    _add_gender,
    _add_made,
    _add_wallet,
    _add_link,
)


def _add_property(entry: Entry, remark: str, given: str) -> None:
    for prefix in _PREFIXES[entry.schema]:
        if remark.startswith(f"{prefix} "):
            value, prop = remark.removeprefix(prefix).strip(), _PROPERTIES[entry.schema][prefix]
            if prop in _IDENTIFIERS:
                value = _ISSUE.sub("", value)
            entry.say(prop, value, original=given)
            return
