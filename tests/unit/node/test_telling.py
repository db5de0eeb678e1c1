"""What engines and rules say is told in Serbian and Albanian, and what they say of names and numbers stays."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import headwater
from headwater.engines.figures.engine import _VERDICTS
from headwater.engines.match.dates import TEXTS
from headwater.engines.match.indicators import _HOW
from headwater.engines.match.link.claims import _WHYS
from headwater.engines.match.link.model import MODELS
from headwater.engines.scan.explain import Alarm, sentence
from headwater.engines.trace.score import SIGNS, harmless
from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.engines.trace.wording import counted
from headwater.engines.watch.danger import craft_part, read_setting, surroundings
from headwater.exchange.card import ASK_FOR_NEW, RENEW
from headwater.exchange.refusal import Code, error_for
from headwater.exchange.unfetched import KINDS, ON_ITS_WAY, SERVE, unfetched
from headwater.model.catalogue import FOLDERS, read
from headwater.node.telling import PARTS, told
from headwater.node.watch_read import danger_weights
from headwater.policy.rules import RULES

TAGS = sorted(FOLDERS)
PLACE = re.compile(r"\{(\w+)\}")
LONGER = re.compile(r"[a-z]{4,}")
SOURCE = Path(headwater.__file__).parent
ROOMS = ("engines", "policy/rules", "exchange", "node", "model", "case")
"""Where the sentences are made."""
ENGLISH = re.compile(r"\b(?:the|of|is|are|was|were|from|with|and|which|it|this|that|by)\b")


def of_rules_and_typologies() -> Iterator[tuple[str, str]]:
    for rule in RULES:
        yield f"rule {rule.id} {rule.name}", rule.text
        yield f"remedy {rule.id} {rule.name}", rule.remedy
    for one in TYPOLOGIES.values():
        yield f"title {one.name}", one.title
        yield f"innocent {one.name}", one.innocent
        filled = PLACE.sub(lambda found: {"amount": "1,200.00 EUR"}.get(found[1], "3"), one.sentence)
        yield f"claim {one.name}", f"{filled} Red flag: FATF, A Report (2022)."
    for sign in SIGNS:
        yield f"sign {sign.name}", f"{sign.text[:1].upper()}{sign.text[1:]}."


def of_matching() -> Iterator[tuple[str, str]]:
    yield from ((f"date {kind}", text) for kind, text in TEXTS.items())
    yield from ((f"indicator {how}", text) for how, (_, text) in _HOW.items())
    yield from ((f"link {why}", text) for why, text in _WHYS.items())
    yield from ((f"figures {verdict}", text) for verdict, text in _VERDICTS.items())
    for model in MODELS.values():
        for comparison in model.comparisons:
            levels = [(level.code, level.text) for level in comparison.levels]
            for code, text in [*levels, ("other", comparison.otherwise)]:
                if not text.startswith("("):  # what refers a developer to another row is shown to nobody
                    yield f"link {model.sort} {comparison.name} {code}", text


def of_refusals() -> Iterator[tuple[str, str]]:
    for word in [*Code, "of-another-node"]:
        error = error_for(word)
        yield f"refusal {word}", error.what
        yield f"remedy of refusal {word}", error.fix


def of_files() -> Iterator[tuple[str, str]]:
    yield "file of a stranger", unfetched(None, "").what
    for kind, what, fix in KINDS:
        yield f"file, {kind.code}", what
        yield f"remedy of file, {kind.code}", fix
    yield "remedy of a file on its way", SERVE
    yield "file on its way", ON_ITS_WAY


SENTENCES = [*of_rules_and_typologies(), *of_matching(), *of_refusals(), *of_files()]
"""Every sentence that stands ready in a table, by where it is from."""


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SENTENCES])
def test_every_sentence_of_a_table_is_told(text: str, tag: str) -> None:
    own = told(text, tag)
    assert own != text
    assert not ENGLISH.search(own.partition("FATF")[0]), own


@pytest.mark.parametrize("part", PARTS)
def test_both_languages_have_the_same_sentences_with_the_same_places(part: str) -> None:
    serbian, albanian = (read("headwater.node", tag, part) for tag in ("sr-Cyrl", "sq"))
    assert serbian.keys() == albanian.keys()
    for one in serbian:
        places = sorted(PLACE.findall(one))
        assert [sorted(PLACE.findall(own[one])) for own in (serbian, albanian)] == [places, places], one


def test_no_catalogue_has_a_sentence_that_nobody_says() -> None:
    """One file of the source, with what it takes from the model, must have every longer word of a sentence."""
    shared = _words(SOURCE / "model" / "period.py")
    files = [_words(file) | shared for room in ROOMS for file in sorted((SOURCE / room).rglob("*.py"))]
    for one in sorted({one for part in PARTS for one in read("headwater.node", "sq", part)}):
        wanted = set(LONGER.findall(PLACE.sub(" ", one).lower()))
        assert any(wanted <= there for there in files), one


def _words(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    texts = (str(node.value) for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {word for text in texts for word in LONGER.findall(text.lower())}


@pytest.mark.parametrize("tag", TAGS)
def test_what_is_put_together_is_taken_apart(tag: str) -> None:
    alarm = Alarm("person", 2.0, 1.0, (0, 0, 9, 9), (380.2, 44.0, 496.0, 146.0), None, 74.6, 25.9, 0.4, 0.1)
    texts = [
        f"A person may be hidden: {sentence(alarm)}.",
        (
            "Name agrees in 2 of 3 parts, transliterated from Serbian Cyrillic, one part differs; date of birth differs. "
            "UK list of 13 Feb 2026, row 11. The UK list of 13 Feb 2026 is older than 30 days."
        ),
        harmless(frozenset({"licensed", "steady"}), register=False),
        "5 records of 3 states (RS, UK, XK) speak of one person: A. Nobody (RS-MOI/1), B. Nobody (XK-KP/2) and 3 more.",
        (
            "2 records of 2 states (UK, XK) give one document, but for characters that are read for each other, for one thing, as far "
            "as they are linked: A (UK-NCA/1), B (XK-KP/2)."
        ),
        (
            "There were 21,525 detections of irregular border-crossing on the Route in 2024. The count was revised: on 24 March 2025 "
            "it was 21,000."
        ),
        "the dog answered: 8.0 times as likely with hidden goods",
    ]
    for text in texts:
        own = told(text, tag)
        assert not ENGLISH.search(re.sub("`[^`]*`| and 3 more", "", own)), own


@pytest.mark.parametrize("tag", TAGS)
def test_every_part_of_the_danger_index_is_told(tag: str) -> None:
    known = {
        "origin": {"lat": 45.0, "lon": 19.0}, "start": "2026-11-26T02:00:00Z", "sunrise": "2026-11-26T06:00:00Z",
        "sunset": "2026-11-26T15:00:00Z", "water_temperature_c": 6, "level_rise_m_per_h": 0.2, "current_ms": 2,
        "visibility_m": 100, "rescue_points": [{"name": "A", "x": 9000, "y": 0}],
    }  # fmt: skip
    weights = danger_weights()
    bare = {"origin": known["origin"], "start": known["start"]}
    parts = [part for given in (known, bare) for part in surroundings(read_setting(given), 0.0, 0.0, 0.0, weights)] + [
        craft_part(band, weights) for band in ("", "4-10")
    ]
    assert len(parts) > 10
    for part in parts:
        own = told(f"{part.text} adds {part.points:g} to the danger index.", tag)
        assert not ENGLISH.search(own), own


@pytest.mark.parametrize("tag", TAGS)
def test_what_keeps_a_message_at_this_node_is_told(tag: str) -> None:
    for text in (
        "the partner is suspended", "the partner is revoked", "RS-MOI is no partner of this node", "see: headwater partner list",
        "the card of RS-MOI has expired", ASK_FOR_NEW, RENEW, "The agreement is not live",
        "it goes by itself once the agreement is live again", "nobody took it before it expired",
        "send it again if it still matters",
    ):  # fmt: skip
        own = told(text, tag)
        assert own != text
        assert not re.search(r"\b(?:the|is|of|suspended|revoked)\b", own), own


def test_names_in_a_sentence_stay_even_where_they_are_words() -> None:
    own = told("Greek owns 60 % of one person", "sr-Latn")
    assert own == "Greek poseduje 60 % od one person"
    assert told("Zebra Haulage is a name", "sq") == "Zebra Haulage is a name"


def test_one_of_a_thing_is_told_as_many_are() -> None:
    one = counted("1 payers sent 5 EUR to X from 2026-01-01 to 2026-01-02, and only 1 EUR left it.")
    assert "1 payer sent" in one
    assert told("it was met in 7 rows", "sq") == "u gjet në 7 rreshta"
    for tag in TAGS:
        text = TYPOLOGIES["half-mirror"].sentence.replace("{payers}", "1")
        assert told(counted(PLACE.sub("9", text)), tag) != counted(PLACE.sub("9", text))


def test_a_reader_of_english_and_a_stranger_read_what_is_kept() -> None:
    for tag in ("en", "", "de"):
        assert told("The fact was erased.", tag) == "The fact was erased."


def test_serbian_is_told_in_both_scripts() -> None:
    assert told("The fact was erased.", "sr-Cyrl") == "Податак је избрисан."
    assert told("The fact was erased.", "sr-Latn") == "Podatak je izbrisan."


@pytest.mark.parametrize("word", [" from ", " to ", ", ", "; ", ". A", " and ", ": ", " 1 payments of "])
def test_a_text_that_a_stranger_made_long_is_told_and_keeps_what_they_wrote(word: str) -> None:
    """A pattern that tries again would be at this one until the night is over."""
    strange = word.join(["x"] * 3000)
    own = told(f"3 different payers sent 5 EUR{strange}. Red flag: y.", "sq")
    assert own.count("x") == 3000
    assert own.endswith("Shenjë paralajmëruese: y.")


@pytest.mark.parametrize(
    "words",
    ["that ", "Which period? ", "a. On b: ", "Something may be hidden: ", "For the innocent reading speaks that "],
)
def test_a_name_in_which_sentences_stand_within_sentences_is_told_to_a_depth(words: str) -> None:
    own = told(f"{words * 3000}x", "sq")
    assert own.endswith(f"{words}x")
    assert own.count(words.strip()) > 2900


def of_graphs() -> Iterator[str]:
    """Every sentence that a check of a CASE graph can say, its places filled."""
    for path in sorted((SOURCE / "case").glob("graph*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem":
                yield _filled(node.args[2])
    yield from (f"a circle: it {verb} itself" for verb in ("results from", "holds", "follows"))


def _filled(node: ast.expr) -> str:
    """Return a text as it stands in the source; in its places stands `x`."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "core:x" for part in parts)


@pytest.mark.parametrize("tag", TAGS)
def test_every_sentence_of_a_check_of_a_graph_is_told(tag: str) -> None:
    texts = [text for text in of_graphs() if text != "a circle: core:x"]
    assert len(texts) > 30
    assert [text for text in texts if told(text, tag) == text] == []
