"""How old a list is."""

from tests.match_world import ask, entry

LATER = "2026-02-16T12:00:00Z"


def test_a_list_within_its_days_is_not_stale() -> None:
    answer = ask("Goran Fiktivski", as_of="2026-02-15T12:00:00Z")
    assert [state.stale for state in answer.lists] == [False]
    assert all(reason.code != "list.stale" for hit in answer.hits for reason in hit.finding.reasons)


def test_every_hit_on_a_stale_list_says_so() -> None:
    answer = ask("Goran Fiktivski", "Živorad Testerović", as_of=LATER)
    assert len(answer.hits) == 2
    for hit in answer.hits:
        assert "The UK list of 13 Feb 2026 is older than 3 days." in hit.finding.text
        assert "list.stale" in {reason.code for reason in hit.finding.reasons}


def test_an_answer_without_a_hit_says_that_the_list_is_stale() -> None:
    answer = ask("Nobody Whatsoever", as_of=LATER)
    assert answer.hits == ()
    assert [state.stale for state in answer.lists] == [True]


def test_a_list_seen_to_be_current_lately_is_not_stale_however_old_its_date() -> None:
    answer = ask("Nobody Whatsoever", fetched={"uk-csv": "2026-02-16T06:00:00Z"}, as_of=LATER)
    assert [state.stale for state in answer.lists] == [False]


def test_a_list_of_unknown_age_counts_as_stale() -> None:
    answer = ask("Goran Fiktivski", records=(entry("uk:1", version=None, name="Goran Fiktivski"),), as_of=LATER)
    assert [state.stale for state in answer.lists] == [True]
    assert "age of the UK list is not known" in answer.hits[0].finding.text


def test_without_an_instant_to_judge_by_nothing_is_said() -> None:
    assert [state.stale for state in ask("Nobody Whatsoever").lists] == [None]


def test_the_finding_stays_the_same_while_a_list_grows_older() -> None:
    first, later = (ask("Goran Fiktivski", as_of=f"2026-03-{day}T00:00:00Z").hits[0].finding.id for day in ("01", "20"))
    assert first == later
