"""Claims: the word, the number and the day decide, and the sentence that may be said is correct."""

from datetime import date

import pytest

from headwater.engines.figures.book import Book
from headwater.engines.figures.engine import answer
from headwater.engines.figures.judge import weigh
from headwater.engines.figures.number import Hedge, in_digits, said
from headwater.engines.figures.says import says
from headwater.engines.figures.sentence import find_period, take_apart
from headwater.errors import SchemaError
from headwater.testing.memory_view import MemoryView
from tests.figures_world import BALKANS, STATEMENT, book, edition, view

BOOK = book()
TODAY = date(2025, 4, 1)


def ask(text: str, as_of: str | None = None, held: Book = BOOK) -> tuple[str, int | None, str]:
    """Verdict, count and sentence of a text."""
    day = date.fromisoformat(as_of) if as_of else None
    claim, judged = weigh(held, take_apart(text, held, TODAY), day)
    return judged.verdict, judged.computed, says(held, claim, judged, day)


@pytest.mark.parametrize(
    ("text", "verdict", "count"),
    [
        ("24,000 people removed between 5 July 2024 and 22 March 2025", "wrong-word", 24_103),
        ("24,000 removed since 5 July 2024", "wrong-word", 24_103),
        ("Around 24,000 people deported from 5 July 2024 to 22 March 2025", "wrong-word", 24_103),
        ("We returned 24,100 people from 5 July 2024 to 22 March 2025", "supported", 24_103),
        ("6,339 enforced returns from 5 July 2024 to 22 March 2025", "supported", 6_339),
        ("6,300 people were removed since 5 July 2024", "supported", 6_339),
        ("30,000 people were removed since 5 July 2024", "contradicted", 6_339),
        ("17,764 voluntary returns since 5 July 2024", "supported", 17_764),
        ("13,600 returns in the third quarter of 2024", "ambiguous", 13_600),
        ("8,600 returns in Q3 2024", "supported", 8_600),
        ("5,000 people refused entry at port in 2024 Q3", "supported", 5_000),
        ("nearly 22,000 on the Western Balkans route in 2024", "supported", 21_525),
        ("nearly 21,000 on the Western Balkans route in 2024", "contradicted", 21_525),
        ("nearly 22,000 people on the Western Balkans route in 2024", "wrong-word", 21_525),
        ("over 99,000 detections on the Western Balkan route in 2023", "supported", 99_002),
        ("50,000 detections on the Western Balkan route in 2024", "contradicted", 21_525),
        ("nearly 22,000 on the Western Balkans route", "ambiguous", None),
        ("36,816 people crossed the Channel in small boats in 2024", "supported", 36_816),
        ("695 boats crossed the Channel in 2024", "supported", 695),
        ("695 small boats arrived in 2024", "supported", 695),
        ("In 2024, 36,816 migrants arrived in 695 small boats", "supported", 36_816),
        ("700 people crossed the Channel in 2024", "contradicted", 36_816),
        ("19,125 possible victims were referred to the NRM in 2024", "supported", 19_125),
        ("19,125 victims were referred to the NRM in 2024", "wrong-word", 19_125),
        ("300 detections on the Western Balkan route in 2025", "not-yet-known", None),
        ("24,000 things of no kind in 2024", "ambiguous", None),
        ("Twenty-four thousand people removed since 5 July 2024", "wrong-word", 24_103),
        ("24,103 people were sent home since 5 July 2024", "wrong-word", 24_103),
        ("We've kicked out 24,000 since 5 July 2024", "wrong-word", 24_103),
        ("Since 5 July 2024 6,339 people were removed, 26 % of 24,103", "supported", 6_339),
        ("5,000 people were removed at the border in Q3 2024", "wrong-word", 5_000),
        ("20,000 returns since 5 July 2024", "contradicted", 24_103),
        ("100,000 detections on the Western Balkan route in 2023", "supported", 99_002),
        ("24,103 returns since 5 July 2024, of which 6,339 were enforced", "supported", 24_103),
        ("24,103 returns since 5 July 2024, of which 9,000 were enforced", "contradicted", 6_339),
        ("24,103 were returned since 5 July 2024, including 17,764 voluntarily", "supported", 24_103),
        ("Removals were 24,103 since 5 July 2024, including 6,339 enforced returns", "wrong-word", 24_103),
        ("Detections on the Western Balkan route fell from 99,002 in 2023 to 21,525 in 2024", "supported", 21_525),
        ("21,525 detections on the Western Balkan route in 2024, down from 120,000 in 2023", "contradicted", 99_002),
        ("Of the 24,103 returns since 5 July 2024, 6,339 were enforced", "supported", 24_103),
        ("Of the 24,103 returns since 5 July 2024, 8,000 were enforced", "contradicted", 6_339),
        ("6,339 enforced and 17,764 voluntary returns since 5 July 2024", "supported", 6_339),
        ("6,339 enforced and 19,000 voluntary returns since 5 July 2024", "contradicted", 17_764),
        ("21,525 crossings on the Western Balkan route last year, down 78% on 2023", "supported", 21_525),
        ("In 2024, 36,816 people made the crossing in 695 boats", "supported", 36_816),
        ("Between July 5, 2024 and March 22, 2025, 24,103 people were removed", "wrong-word", 24_103),
        ("24,103 removals from 05/07/2024 to 22/03/2025", "wrong-word", 24_103),
        ("Down from 99,002 in 2023, the Western Balkan route saw 21,525 detections in 2024", "supported", 21_525),
    ],
)
def test_a_sentence_gets_its_verdict(text: str, verdict: str, count: int | None) -> None:
    assert ask(text)[:2] == (verdict, count)


def test_the_sentence_about_removals_names_returns_enforced_and_voluntary() -> None:
    sentence = ask("24,000 people removed between 5 July 2024 and 22 March 2025")[2]
    for words in ("24,103 returns", "6,339 (26 %) were enforced", "17,764 (74 %) were voluntary", "'removed'"):
        assert words in sentence


def test_the_sentence_about_a_route_names_detections() -> None:
    sentence = ask("nearly 22,000 on the Western Balkans route in 2024")[2]
    assert "21,525 detections of irregular border-crossing on the Western Balkan Route in 2024" in sentence
    assert "provisional" in sentence


def test_a_revised_count_says_so_and_an_unrevised_one_does_not() -> None:
    assert "revised: on 28 November 2024 it was 8,000" in ask("8,600 returns in Q3 2024")[2]
    assert "revised" not in ask("over 99,000 detections on the Western Balkan route in 2023")[2]


def test_what_is_open_is_asked() -> None:
    assert ask("13,600 returns in the third quarter of 2024")[2].startswith("Which returns")
    assert ask("nearly 22,000 on the Western Balkans route")[2].startswith("Which period?")


def test_before_its_vintage_a_claim_is_not_yet_known() -> None:
    verdict, count, sentence = ask("24,000 removed between 5 July 2024 and 22 March 2025", "2025-03-23")
    assert (verdict, count) == ("not-yet-known", None)
    assert "24 March 2025" in sentence
    assert ask("24,000 removed between 5 July 2024 and 22 March 2025", "2025-03-24")[0] == "wrong-word"


def test_a_period_that_was_not_over_is_incomplete() -> None:
    assert ask("20,000 detections on the Western Balkan route in 2024", "2024-12-01")[0] == "incomplete-period"


def structured(**params: object) -> tuple[str, int | None]:
    """Verdict and count of a claim in parts."""
    made = answer(view(), {"ask": "claim", **params})
    return made.judged.verdict, made.judged.computed


BOTH = ["uk-returns.enforced", "uk-returns.voluntary"]


@pytest.mark.parametrize(
    ("number", "words", "about", "period", "verdict"),
    [
        ("24000", "removed", BOTH, STATEMENT, "wrong-word"),
        ("99999", "removed", BOTH, STATEMENT, "wrong-word"),
        ("24,000", "returns", BOTH, STATEMENT, "supported"),
        ("about 24,500", "returns", BOTH, STATEMENT, "supported"),
        ("about 24,700", "returns", BOTH, STATEMENT, "contradicted"),
        ("6339", "removed", BOTH[:1], STATEMENT, "supported"),
        ("24000", "returns", ["uk-returns"], STATEMENT, "ambiguous"),
        ("24000", "returns", BOTH, None, "ambiguous"),
        ("21525", "detections", [BALKANS], "2024", "supported"),
        ("21525", "people", [BALKANS], "2024", "wrong-word"),
        ("21525", "detections", [BALKANS], "2024-01..2024-11", "contradicted"),
        ("1", "detections", [BALKANS], "2025", "not-yet-known"),
    ],
)
def test_a_claim_in_parts_gets_its_verdict(
    number: str, words: str, about: list[str], period: str | None, verdict: str
) -> None:
    assert structured(number=number, words=words, about=about, period=period)[0] == verdict


def test_an_answer_is_a_finding_on_the_editions_it_rests_on() -> None:
    made = answer(view(), {"ask": "claim", "text": "nearly 22,000 on the Western Balkans route in 2024"})
    held = view()
    assert made.finding.text == made.says
    assert [record.origin.version for one in made.finding.evidence for record in held.records_behind(one)] == [
        "2025-01-15"
    ]


def test_without_editions_nothing_is_judged() -> None:
    with pytest.raises(SchemaError, match="no figures"):
        answer(MemoryView(()), {"ask": "claim", "text": "24,000 removed"})


@pytest.mark.parametrize(
    ("text", "value", "precision", "hedge"),
    [
        ("24,103", 24_103, 1, Hedge.NONE),
        ("24000", 24_000, 1_000, Hedge.NONE),
        ("about 24,000", 24_000, 1_000, Hedge.ABOUT),
        ("almost 22 thousand", 22_000, 1_000, Hedge.NEARLY),
        ("more than 1.2 million", 1_200_000, 100_000, Hedge.OVER),
        ("21.5k", 21_500, 100, Hedge.NONE),
        ("0", 0, 1, Hedge.NONE),
        ("twenty-four thousand", 24_000, 1_000, Hedge.NONE),
    ],
)
def test_a_number_is_read_as_it_was_said(text: str, value: int, precision: int, hedge: Hedge) -> None:
    found = said(text)
    assert (found.value, found.precision, found.hedge) == (value, precision, hedge)


@pytest.mark.parametrize("text", ["many", "", "12.5", "26 %", "1,2", "x 24,000"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        said(text)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("in the year ending June 2024", "2023-07..2024-06"),
        ("in the first half of 2024", "2024-01..2024-06"),
        ("in the first nine months of 2024", "2024-01..2024-09"),
        ("from January to March 2025", "2025Q1"),
        ("last year", "2024"),
        ("last month", "2025-03"),
        ("on 3 May 2024", "2024-05-03"),
        ("between 2022 and 2024", "2022..2024"),
        ("in March 2024", "2024-03"),
        ("5 July 2024 to 22 March 2025", STATEMENT),
        ("in 2023/24", "2023-04..2024-03"),
        ("in the financial year 2023-24", "2023-04..2024-03"),
        ("in the final quarter of 2024", "2024Q4"),
        ("in the three months to June 2024", "2024Q2"),
        ("on 2024-05-03", "2024-05-03"),
    ],
)
def test_a_period_is_found_in_a_sentence(text: str, period: str) -> None:
    from headwater.model.period import parse_period

    found = find_period(f"There were 24,000 returns {text}.", TODAY)
    assert found is not None
    assert found.period == parse_period(period)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("one hundred and twenty-three thousand", "123 thousand"),
        ("ninety-nine thousand and two", "99002"),
        ("Two hundred", "200"),
        ("half a million", "0.5 million"),
        ("a quarter of a million", "0.25 million"),
        ("the first three months", "the first three months"),
        ("thousands of people", "thousands of people"),
    ],
)
def test_a_number_in_words_is_read_as_one_in_digits(text: str, digits: str) -> None:
    assert in_digits(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "Detections on the Western Balkan route fell by 78 per cent in 2024",
        "Detections on the Western Balkan route fell by 78 % in 2024",
        "Detections on the Western Balkan route fell for 6 months in 2024",
        "£30 million was spent on the Western Balkan route in 2024",
    ],
)
def test_a_share_a_duration_and_a_sum_of_money_are_no_count(text: str) -> None:
    with pytest.raises(SchemaError, match="no count"):
        ask(text)


def test_the_31st_of_june_is_no_period() -> None:
    assert find_period("24,000 on 31 June", TODAY) is None


def test_one_nationality_is_taken_from_its_dimension() -> None:
    from headwater.model.figures import Edition, Strand

    plain = edition("2025-01-15", {BALKANS: {"2024": 10}})
    split = Edition(
        **{
            **{name: getattr(plain, name) for name in plain.__dataclass_fields__},
            "strands": tuple(
                Strand(BALKANS, (value,), (("nationality", name),))
                for name, value in (("Examplia", 7), ("Fictionia", 3))
            ),
        }
    )
    held = Book([split])
    assert ask("7 detections of Examplians on the Western Balkan route in 2024", held=held)[:2] == ("supported", 7)
    assert ask("10 detections on the Western Balkan route in 2024", held=held)[:2] == ("supported", 10)
