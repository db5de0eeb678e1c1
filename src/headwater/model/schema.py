"""The names that headwater speaks inside: entity types and properties of FollowTheMoney.

Source: FollowTheMoney 4.11, its published schema (names only). A peer test compares every line with the library's own
files. One line a type: name, the types it extends, its own properties with their kind where it is not plain text.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from headwater.errors import Place, SchemaError

_NAMES: Final = """
Thing < | name:name alias:name previousName:name weakAlias:name country:country summary:text notes:text \
description:text sourceUrl:url publisher publisherUrl:url keywords topics:topic address:address addressEntity:entity \
program createdAt:date modifiedAt:date retrievedAt:date
Value < | amount:number currency amountUsd:number amountEur:number
Interval < | startDate:date endDate:date date:date summary:text description:text recordId sourceUrl:url proof:entity \
publisher publisherUrl:url modifiedAt:date retrievedAt:date
Interest < Interval | role status
Analyzable < |
LegalEntity < Thing | abbreviation:name email:email phone:phone website:url legalForm incorporationDate:date \
dissolutionDate:date taxStatus status sector classification registrationNumber:identifier idNumber:identifier \
taxNumber:identifier licenseNumber:identifier vatCode:identifier jurisdiction:country mainCountry:country \
opencorporatesUrl:url innCode:identifier ogrnCode:identifier leiCode:identifier dunsCode:identifier swiftBic:identifier
Person < LegalEntity | title firstName middleName fatherName motherName lastName nameSuffix birthDate:date birthPlace \
birthCountry:country deathDate:date position biography:text nationality:country citizenship:country \
passportNumber:identifier socialSecurityNumber:identifier gender:gender ethnicity height:number weight:number \
eyeColor hairColor appearance religion political profession education spokenLanguage:language
Organization < LegalEntity | cageCode:identifier permId:identifier imoNumber:identifier giiNumber:identifier
Company < Organization,Asset | capital:number ticker:identifier ricCode:identifier
PublicBody < Organization |
Asset < Thing,Value |
Vehicle < Asset | registrationNumber:identifier type model owner:entity operator:entity buildDate:date \
registrationDate:date deregistrationDate:date
Vessel < Vehicle | imoNumber:identifier crsNumber:identifier flag:country registrationPort navigationArea \
tonnage:number grossRegisteredTonnage:number deadweightTonnage:number nameChangeDate:date callSign:identifier \
pastFlags:country pastTypes mmsi:identifier
Airplane < Vehicle | serialNumber:identifier icaoCode:identifier manufacturer
Address < Thing | full:address remarks postOfficeBox street street2 city postalCode region state latitude:number \
longitude:number
BankAccount < Asset | bankName accountNumber:identifier iban:identifier bic:identifier bank:entity accountType \
openingDate:date closingDate:date balance:number balanceDate:date bankAddress
CryptoWallet < Thing,Value | publicKey:identifier cryptoAddress:identifier accountId:identifier creationDate:date \
currencySymbol blockchain managingExchange holder:entity balance:number balanceDate:date custodyType
Identification < Interval | holder:entity type country:country number:identifier authority
Passport < Identification | birthDate:date birthPlace gender:gender personalNumber:identifier
Sanction < Interval | entity:entity authority authorityId:identifier unscId:identifier program programId:identifier \
programUrl:url provisions status duration:number reason:text country:country listingDate:date
Payment < Interval,Value | sequenceNumber transactionNumber purpose:text programme payer:entity payerAccount:entity \
beneficiary:entity beneficiaryAccount:entity
Ownership < Interest | owner:entity asset:entity percentage sharesCount sharesValue sharesCurrency sharesType \
legalBasis ownershipType
Control < Interest | controller:entity controlled:entity controlType legalBasis
Directorship < Interest | director:entity organization:entity secretary
Employment < Interest | employer:entity employee:entity
Membership < Interest | member:entity organization:entity
Representation < Interest | agent:entity client:entity
Associate < Interval | person:entity associate:entity relationship
UnknownLink < Interest | subject:entity object:entity
Documentation < Interest | document:entity entity:entity
UserAccount < Thing | owner:entity service email:email phone:phone username ipAddress:ip
Call < Interval | caller:entity callerNumber:phone receiver:entity receiverNumber:phone duration:number
Event < Interval,Analyzable,Thing | location:address important organizer:entity involved:entity
Trip < Event | startLocation:entity endLocation:entity vehicle:entity
Note < Thing,Analyzable | entity:entity
"""

SENSITIVE_PROPERTIES: Final = frozenset({"ethnicity", "religion", "political"})
"""Special categories of personal data (DPA 2018 s.35(8), LED art. 10): never a feature of any engine."""

IDENTITY_PROPERTIES: Final = frozenset(
    {
        *("name", "alias", "previousName", "weakAlias", "firstName", "middleName", "lastName", "fatherName"),
        *("motherName", "birthDate", "birthPlace", "idNumber", "passportNumber", "socialSecurityNumber", "taxNumber"),
        *("innCode", "registrationNumber", "licenseNumber", "phone", "email", "website", "address", "addressEntity"),
        *("account", "accountNumber", "iban", "cryptoAddress", "deviceId", "photo", "username"),
        *("notes", "summary", "description", "biography", "appearance"),
    }
)
"""What names a person: kept from everybody where the person is protected (Trafficking Protocol art. 6)."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One entity type with all its properties, its own and those it takes over."""

    name: str
    extends: frozenset[str]
    properties: dict[str, str]


@cache
def schemata() -> dict[str, Schema]:
    """Return every entity type by name."""
    found: dict[str, Schema] = {}
    pending = _NAMES.strip().splitlines()
    while pending:
        line = pending.pop(0)
        head, _, tail = line.partition("|")
        name, _, parents = (part.strip() for part in head.partition("<"))
        above = [parent for parent in parents.split(",") if parent]
        if not all(parent in found for parent in above):
            pending.append(line)
            continue
        properties = {key: kind for parent in above for key, kind in found[parent].properties.items()}
        properties.update((key, kind or "string") for key, _, kind in (word.partition(":") for word in tail.split()))
        ancestors = frozenset(above).union(*(found[parent].extends for parent in above))
        found[name] = Schema(name, ancestors, properties)
    return found


def schema(name: str) -> Schema:
    """Return one entity type.

    Raises:
        SchemaError: headwater knows no such type.
    """
    try:
        return schemata()[name]
    except KeyError:
        raise SchemaError("an unknown entity type", where=Place(field="schema")) from None


def is_person(name: str) -> bool:
    """Return whether an entity type is a natural person."""
    return name == "Person"


def check_property(type_name: str, prop: str) -> str:
    """Return the kind of a property of an entity type.

    Raises:
        SchemaError: the type is unknown or has no such property.
    """
    kind = schema(type_name).properties.get(prop)
    if kind is None:
        raise SchemaError(f"{type_name} has no such property", where=Place(field=prop))
    return kind
