"""Templates: always escaped, strict about what is missing; text of others is fenced in and its hidden letters are shown."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from headwater.model.finding import told_score
from headwater.model.packaged import packaged
from headwater.model.times import parse_instant
from headwater.node.telling import told
from headwater.policy.acts import Act
from headwater.web import pictured, statics
from headwater.web.collation import sort_key
from headwater.web.words import ENGLISH, LANGUAGES, Language

if TYPE_CHECKING:
    from headwater.web.page import Context

FOLD_FROM: Final = 240
"""Letters after which a value is folded: what stands behind is one click away."""
SENTENCES_FROM: Final = 1000
"""The same for sentences of engines, which are to be read whole; long names that others wrote may stand in them."""
STATES: Final[Mapping[str, str]] = {
    "open": "open",
    "confirm": "confirmed",
    "dismiss": "dismissed",
    "unsure": "not sure",
    "task": "task given",
    "refer": "referred",
    "release": "released",
    "undo": "taken back",
}
"""What a state of a finding is called."""
KINDS: Final[Mapping[str, str]] = {
    "request": "request",
    "response": "answer",
    "spontaneous": "report",
    "alert": "alert",
    "search": "search",
    "consent-request": "question for consent",
    "consent": "consent",
    "amend": "recall",
    "amend-done": "proof of a recall",
    "notice": "notice",
    "evidence-bundle": "evidence",
    "ti": "cyber threat report",
    "card": "card",
    "checkpoint": "log checkpoint",
    "ping": "first contact",
}
"""What a kind of message is called."""
CLAIMS: Final[Mapping[str, str]] = {
    "match.screening": "name on a list",
    "match.identifier": "number on a list",
    "match.ownership": "owned by somebody listed",
    "match.link": "two records, one thing",
    "match.cluster": "several records, one thing",
    "match.phone": "one telephone, several people",
    "match.document": "one paper, several people",
    "match.indicator": "threat indicator seen",
    "figures.claim": "claim about figures",
    "figures.break": "break in figures",
    "scan.rescue": "person in a load",
    "scan.counter": "something hidden in a load",
    "watch.rescue": "craft in danger",
    "watch.border": "crossing",
    "watch.info": "something seen",
    "trace.corridor-fan-in": "payments along a corridor",
    "trace.gather-scatter": "gathered and passed on",
    "trace.boats-out-of-line": "boats out of line with trade",
    "trace.supplier-behind-hubs": "supplier behind hubs",
    "trace.structuring": "kept under a threshold",
}
"""What a kind of finding is called; a kind that somebody added stands as it is written."""
TIES: Final[Mapping[str, str]] = {
    "named together": "named together",
    "Ownership": "ownership",
    "Directorship": "direction of a firm",
    "Membership": "membership",
    "Employment": "employment",
    "Associate": "associate",
    "Representation": "representation",
    "Documentation": "document of it",
    "Payment": "payment",
    "UnknownLink": "tie of some kind",
    "Call": "call",
}
"""What ties two things together: the type of what stands between them; a property or a finding has its own words."""
OUTCOMES: Final[Mapping[str, str]] = {
    "allow": "The rules let it pass.",
    "redact": "The rules let it pass without some facts.",
    "hold": "A second person must agree before it goes.",
    "refuse": "The rules refuse it.",
}
"""What the rules answered about a message."""
RULINGS: Final[Mapping[str, str]] = {
    "referral": "referral, with the person's consent",
    "duty-to-notify": "duty to notify, without consent",
    "child": "referral of a child; no consent is needed",
    "declined": "the person does not want it",
    "handed-over": "handed over to an organisation that may refer",
    "dismissed": "no sign after all",
}
"""What is decided about a possible victim."""
STRENGTHS: Final[Mapping[str, str]] = {
    "strong": "strong sign",
    "medium": "sign of medium strength",
    "weak": "weak sign",
}
"""How much one sign says."""
AUDIENCES: Final[Mapping[str, str]] = {
    "prosecutor": "the prosecutor",
    "court": "the court",
    "defence": "the defence",
    "partner": "a partner",
}
"""Who a view of a case is for."""
RESULTS: Final[Mapping[str, str]] = {
    "full": "all that was asked",
    "partial": "a part; more follows",
    "none": "we know nothing of it",
    "refused": "refused, for a reason",
    "clarify": "a question back",
}
"""What an answer says it is."""
WAYS: Final[Mapping[str, str]] = {
    "same": "the same",
    "spelling": "another spelling of it",
    "consonants": "the same consonants",
    "edit": "nearly the same",
    "initial": "an initial of it",
    "joined": "written together",
    "none": "not met",
}
"""How a word of a search met a word of a name."""
PROPERTIES: Final[Mapping[str, str]] = {
    "name": "name",
    "alias": "other name",
    "weakAlias": "weak other name",
    "previousName": "earlier name",
    "firstName": "first name",
    "secondName": "second name",
    "middleName": "middle name",
    "fatherName": "father's name",
    "lastName": "last name",
    "birthDate": "date of birth",
    "birthPlace": "place of birth",
    "deathDate": "date of death",
    "gender": "sex",
    "nationality": "nationality",
    "citizenship": "citizenship",
    "birthCountry": "country of birth",
    "country": "country",
    "address": "address",
    "addressEntity": "address",
    "full": "address",
    "phone": "telephone",
    "email": "e-mail",
    "idNumber": "identity number",
    "passportNumber": "passport number",
    "number": "number",
    "registrationNumber": "registration number",
    "vin": "chassis number",
    "imoNumber": "IMO number",
    "mmsi": "MMSI",
    "callSign": "call sign",
    "flag": "flag",
    "model": "model",
    "type": "type",
    "iban": "IBAN",
    "accountNumber": "account number",
    "owner": "owner",
    "holder": "holder",
    "incorporationDate": "founded on",
    "dissolutionDate": "dissolved on",
    "startDate": "from",
    "endDate": "until",
    "date": "date",
    "latitude": "latitude",
    "longitude": "longitude",
    "position": "position",
    "notes": "note",
    "description": "description",
    "summary": "summary",
    "program": "programme",
    "listingDate": "listed on",
    "authority": "authority",
}
"""What the commonest properties of FollowTheMoney are called; another stands as it is written there."""
PLACES: Final = (
    ("/queue", "queue", "Queue", Act.FINDING_LOOK),
    ("/search", "search", "Search", Act.RECORD_LOOK),
    ("/exchange", "exchange", "Exchange", Act.MESSAGE_LOOK),
    ("/cases", "cases", "Cases", Act.CASE_LOOK),
    *pictured.PLACES,
    ("/protect", "protect", "Safeguarding", Act.TASK_LOOK),
    ("/audit", "audit", "Audit", Act.LEDGER_SHOW),
    ("/admin", "admin", "Node", Act.PARTNER_LOOK),
    ("/help", "help", "Help", Act.PARTNER_LOOK),
)
"""The navigation: path, page, words, and the act that a user must be allowed; what is used all day stands first."""
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


class Templates:
    """The page's templates, read from the wheel."""

    def __init__(self) -> None:
        """Make the environment; templates are compiled when first used."""
        self._environment = Environment(
            loader=FunctionLoader(_template),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        self._environment.filters["others"] = others
        self._environment.filters["json"] = lambda value: others(
            json.dumps(value, ensure_ascii=False, indent=1, default=str), fold=False
        )
        self._environment.tests["onward_rule"] = lambda rule: str(rule).startswith("onward")
        self._environment.filters["percent"] = lambda share: f"{100 * share:.0f}"
        self._environment.globals.update(static=statics.tree().url, has_static=statics.tree().has, languages=LANGUAGES)

    def render(self, template: str, ctx: "Context", values: Mapping[str, Any]) -> str:
        """Return a page as text."""
        language, zone = ctx.language, ctx.node.settings.zone

        def when(at: datetime | str) -> str:
            return language.when(parse_instant(at) if isinstance(at, str) else at, zone) if at else ""

        def places() -> list[tuple[str, str, str]]:
            return [(path, name, language.gettext(words)) for path, name, words, act in PLACES if ctx.may(act)]

        return self._environment.get_template(template).render(
            ctx=ctx,
            places=places,
            _=language.gettext,
            ngettext=language.ngettext,
            number=language.number,
            told_score=told_score,
            when=when,
            say=lambda text: say(text, language),
            **_vocabulary(language),
            **values,
        )


def _vocabulary(language: Language) -> dict[str, Callable[..., Any]]:
    """Return what turns names of the code into words of a language, and puts rows in its order."""

    def of(table: Mapping[str, str]) -> Callable[[str], str]:
        return lambda name: language.gettext(table.get(name, name))

    def collated(rows: Iterable[Any], attribute: str) -> list[Any]:
        def name(row: Any) -> str:  # noqa: ANN401 - any read model
            return str(row[attribute] if isinstance(row, Mapping) else getattr(row, attribute))

        return sorted(rows, key=lambda row: sort_key(name(row), language.tag))

    def prop_words(name: str) -> str:
        return language.gettext(PROPERTIES[name]) if name in PROPERTIES else Markup("<code>{}</code>").format(name)

    return {
        "state_words": of(STATES),
        "way_words": of(WAYS),
        "kind_words": of(KINDS),
        "claim_words": of(CLAIMS),
        "tie_words": lambda kind: tie_words(language, kind),
        "outcome_words": of(OUTCOMES),
        "ruling_words": of(RULINGS),
        "strength_words": of(STRENGTHS),
        "audience_words": of(AUDIENCES),
        "result_options": lambda: [(name, language.gettext(words)) for name, words in RESULTS.items()],
        "collated": collated,
        "prop_words": prop_words,
    }


def tie_words(language: Language, kind: str) -> str:
    """Return what ties two things together, in words; a kind that somebody added stands as it is written."""
    return language.gettext({**PROPERTIES, **CLAIMS, **TIES}.get(kind, kind))


def others(value: str | None, lang: str | None = None, *, fold: bool = True, fold_from: int = FOLD_FROM) -> Markup:
    """Return text that others wrote: fenced in from the text around it, with letters that do not show as marks.

    Control, bidirectional and zero-width letters are shown by their number in Unicode; long text is folded.
    """
    if value is None:
        return Markup("")
    tag = f'<bdi dir="auto" lang="{escape(lang)}">' if lang else '<bdi dir="auto">'
    if value.isprintable() and (len(value) <= fold_from or not fold):
        return Markup(f"{tag}{escape(value)}</bdi>")  # noqa: S704 - both parts are escaped
    parts = [_mark(letter) if _is_hidden(letter) else str(escape(letter)) for letter in value]
    if len(parts) <= fold_from or not fold:
        return Markup(f"{tag}{''.join(parts)}</bdi>")  # noqa: S704 - every letter is escaped above
    head, rest = "".join(parts[:fold_from]), "".join(parts[fold_from:])
    folded = f'<details class="fold"><summary>…</summary>{rest}</details>'
    return Markup(f"{tag}{head}{folded}</bdi>")  # noqa: S704 - every letter is escaped above


def say(text: str | None, language: Language) -> Markup:
    """Return a sentence of an engine or a rule as text of others: in a language where a catalogue has it, else in English."""
    if text is None:
        return Markup("")
    own = told(text, language.tag)
    return others(own, ENGLISH if own == text else language.tag, fold_from=SENTENCES_FROM)


def _template(name: str) -> tuple[str, str, None]:
    """Return the text of a template, and what it is called in a traceback."""
    return packaged("headwater.web", "templates", name).decode(), name, None


def _is_hidden(letter: str) -> bool:
    return letter != "\n" and unicodedata.category(letter) in _HIDDEN


def _mark(letter: str) -> str:
    return f'<span class="hidden-letter" title="U+{ord(letter):04X}">U+{ord(letter):04X}</span>'
