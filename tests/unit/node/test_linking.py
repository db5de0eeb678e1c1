"""Linking at a node: judgements survive new data, what is hidden leaves no trace, victims are linked to nobody."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.errors import ConflictError, ForbiddenError, MissingExtraError, SchemaError, SettingsError
from headwater.exercise.linkset import link_files, link_records
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, linking, spark, users
from headwater.node import link_files as files_of
from headwater.node.users import User
from headwater.testing.fakes import FakeClock
from tests.link_world import BELGRADE, LONDON, PRISTINA, organiser, told
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, as_user, events, init, node_at

pytestmark = pytest.mark.slow


def keep(node: Node, *records: Record) -> None:
    node.store.write(lambda transaction: [transaction.add_record(record) for record in records])


def clusters(answer: linking.Answer) -> list[set[str]]:
    return [{unit.name for unit in one.members} for result in answer.results for one in result.clusters]


def test_three_states_records_of_one_organiser_are_one_finding_that_is_kept(node: Node) -> None:
    keep(node, *organiser())
    session = as_user(node)
    answer = linking.at_node(node, session)
    assert clusters(answer) == [{"RS-MOI/rs-1", "XK-KP/xk-1", "UK-NCA/uk-1"}]
    assert answer.added == len(answer.findings) > 0
    assert linking.at_node(node, session).added == 0, "the same records are the same findings"


def test_what_a_person_judges_survives_new_data_and_a_later_word_takes_its_place(node: Node, clock: FakeClock) -> None:
    keep(node, *organiser())
    session = as_user(node)
    linking.at_node(node, session)
    linking.judge(node, session, "RS-MOI/rs-1", "UK-NCA/uk-1", "different", "the uk record is of his father")
    keep(node, told(LONDON, "uk-9", name="Djordje Izmisljenovic", birthDate="1975-03-04", phone="060 1234567"))
    for one in clusters(linking.at_node(node, session)):
        assert not {"RS-MOI/rs-1", "UK-NCA/uk-1"} <= one
    clock.move(timedelta(days=1))
    linking.judge(node, session, "RS-MOI/rs-1", "UK-NCA/uk-1", "same", "the father has another telephone")
    (one,) = clusters(linking.at_node(node, session))
    assert {"RS-MOI/rs-1", "UK-NCA/uk-1", "UK-NCA/uk-9"} <= one


def test_a_decision_about_a_cluster_holds_for_each_two_of_it(node: Node) -> None:
    from headwater.model.decision import Verb
    from headwater.node import findings

    keep(node, *organiser())
    session = as_user(node)
    answer = linking.at_node(node, session)
    cluster = next(one for one in answer.findings if one.kind == "match.cluster")
    findings.decide(node, session, cluster.id, Verb.DISMISS, "three cousins")
    assert clusters(linking.at_node(node, session)) == []


def test_the_same_judgement_twice_is_told(node: Node) -> None:
    keep(node, *organiser())
    session = as_user(node)
    linking.judge(node, session, "RS-MOI/rs-1", "UK-NCA/uk-1", "same", "one passport")
    with pytest.raises(ConflictError):
        linking.judge(node, session, "UK-NCA/uk-1", "RS-MOI/rs-1", "same", "one passport")


def test_the_run_is_logged_with_counts_and_without_names(node: Node) -> None:
    keep(node, *organiser())
    linking.at_node(node, as_user(node))
    [event] = events(node, "match.linked")
    assert event.detail["records"] == len(organiser())
    assert "зми" not in repr(event)


def test_a_record_that_may_not_be_seen_changes_no_cluster_name_count_or_question(
    node: Node, tmp_path: Path, clock: FakeClock
) -> None:
    hidden = told(
        LONDON, "uk-9", name="Djordje Izmisljenovic", birthDate="1975-03-04", phone="060 1234567",
        handling=Handling(purposes=frozenset({"trafficking"})),
    )  # fmt: skip
    keep(node, *organiser(), hidden)
    with node_at(init(tmp_path / "other"), clock) as other:
        keep(other, *organiser())
        without = linking.at_node(other, as_user(other))
    with_it = linking.at_node(node, as_user(node))
    assert [one.id for one in with_it.findings] == [one.id for one in without.findings]
    assert replace(with_it, cpu_s=0, peak_rss_mb=0, results=()) == replace(without, cpu_s=0, peak_rss_mb=0, results=())
    for_trafficking = linking.at_node(node, as_user(node, purpose="trafficking"))
    assert for_trafficking.records == 1


def test_a_judgement_about_what_may_not_be_seen_has_no_effect_on_who_may_not_see_it(node: Node) -> None:
    secret = Handling(purposes=frozenset({"oic", "trafficking"}), addressees=frozenset({SUPERVISOR}))
    records = organiser()
    keep(
        node,
        *records[:1],
        *records[2:],
        told(PRISTINA, "xk-1", name="Gjorgje Izmishljenoviq", birthDate="1975-03-04", handling=secret),
    )
    supervisor, writer = as_user(node, SUPERVISOR), as_user(node)
    before = [one.id for one in linking.at_node(node, writer).findings]
    linking.judge(node, supervisor, "RS-MOI/rs-1", "XK-KP/xk-1", "different", "known to be two")
    assert [one.id for one in linking.at_node(node, writer).findings] == before


@pytest.mark.parametrize("category", [PersonCategory.VICTIM, PersonCategory.SMUGGLED])
def test_a_victim_or_a_smuggled_person_is_linked_to_nobody_not_even_for_a_guardian(
    node: Node, category: PersonCategory
) -> None:
    protected = told(
        PRISTINA, "xk-p", name="Ђорђе Измишљеновић", birthDate="1975-03-04", phone="060 1234567", category=category
    )
    keep(node, *organiser(), protected)
    admin = node.session(WRITER, "operation")
    users.add(node.store, admin, User("both", frozenset({"analyst", "safeguarding"})))
    for user, purpose in ((WRITER, "oic"), ("both", "victim-protection")):
        answer = linking.at_node(node, as_user(node, user, purpose))
        assert "xk-p" not in repr(answer)
    with pytest.raises(ForbiddenError):
        linking.judge(node, as_user(node), "RS-MOI/rs-1", "XK-KP/xk-p", "same", "they look alike")


def test_a_guardian_links_by_nothing_that_belongs_to_a_victim(node: Node) -> None:
    for_both = Handling(purposes=frozenset({"oic", "victim-protection"}), codes=frozenset({"P"}))
    suspect, victim, passport = EntityKey("uk-1"), EntityKey("uk-v"), EntityKey("uk-p")
    together = Record(
        origin=Origin(AuthorityId(LONDON), "things-csv", "records.csv", None, None, "row 1"),
        handling=for_both,
        mentions=(
            Mention(suspect, "Person", PersonCategory.SUSPECT),
            Mention(victim, "Person", PersonCategory.VICTIM),
            Mention(passport, "Passport"),
        ),
        facts=(
            Fact(suspect, "name", "Djordje Izmisljenovic"),
            Fact(victim, "name", "Milena Izmisljenovic"),
            Fact(passport, "number", "X1234567"),
            *(Fact(passport, "holder", person) for person in (suspect, victim)),
        ),
    )
    keep(node, together, told(BELGRADE, "rs-1", name="Ђорђе", passportNumber="X1234567", handling=for_both))
    users.add(node.store, node.session(WRITER, "operation"), User("both", frozenset({"analyst", "safeguarding"})))
    analyst = linking.at_node(node, as_user(node))
    guardian = linking.at_node(node, as_user(node, "both", "victim-protection"))
    assert analyst.records == guardian.records == 2
    assert [one.id for one in guardian.findings] == [one.id for one in analyst.findings]


@pytest.mark.parametrize("user", [AUDITOR, GUARDIAN])
def test_who_does_not_investigate_may_not_link(node: Node, user: str) -> None:
    with pytest.raises(ForbiddenError):
        linking.at_node(node, as_user(node, user))


def test_one_answer_for_what_there_is_not_and_for_what_may_not_be_seen(node: Node) -> None:
    keep(node, *organiser())
    for left, right in (("RS-MOI/rs-1", "UK-NCA/none"), ("RS-MOI/rs-1", "RS-MOI/rs-1")):
        with pytest.raises(ForbiddenError):
            linking.explain_at(node, as_user(node), left, right)


def written(folder: Path, count: int = 120) -> list[str]:
    folder.mkdir()
    for name, data in link_files(link_records(count, 4)).items():
        (folder / name).write_bytes(data)
    return sorted(str(path) for path in folder.glob("records-*.csv"))


def test_files_are_linked_without_a_node_and_all_is_written(tmp_path: Path) -> None:
    files = written(tmp_path / "in")
    heard: list[tuple[int, int]] = []
    answer = linking.in_files(files, user="o.reed", progress=lambda done, total: heard.append((done, total)))
    out = files_of.write_all(tmp_path / "out", answer, pictures=5)
    assert heard[-1] == (13, 13)
    assert sum(path.endswith(".svg") for path in out) == 5
    assert all(Path(path).stat().st_size for path in out)
    lines = (tmp_path / "out" / "clusters.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 120, "each thing stands in it, also one that is like no other"
    assert linking.document(answer)["records"] == 120


def test_clusters_alone_go_into_one_file(tmp_path: Path) -> None:
    answer = linking.in_files(written(tmp_path / "in", 30), user="o.reed")
    assert files_of.write_all(tmp_path / "c.csv", answer, pictures=5) == [str(tmp_path / "c.csv")]


def test_two_of_a_file_are_explained(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "id,name,birth_date\n1,Đorđe Izmišljenović,1975-03-04\n2,Ђорђе Измишљеновић,1975\n", encoding="utf-8"
    )
    pair = linking.explain_in([str(file)], "XX-NOBODY/1", "XX-NOBODY/2", user="o.reed", category="suspect")
    assert [bar.code for bar in pair.bars] == ["same", "same", "year"]


def test_a_person_of_no_category_is_refused_and_a_victim_in_a_file_is_linked_to_nobody(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "id,name,birth_date\n1,Đorđe Izmišljenović,1975-03-04\n2,Ђорђе Измишљеновић,1975-03-04\n", encoding="utf-8"
    )
    with pytest.raises(SchemaError):
        linking.in_files([str(file)], user="o.reed")
    assert linking.in_files([str(file)], user="o.reed", category="victim").findings == ()


def test_a_file_of_which_nobody_says_the_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        linking.in_files([str(tmp_path / "things.txt")], user="o.reed")


def test_spark_without_java_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _: object())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingExtraError, match="Java") as caught:
        spark.need_spark()
    assert "openjdk" in caught.value.fix
    assert caught.value.exit == 69


def test_spark_without_pyspark_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="pyspark") as caught:
        linking.in_files([], user="o.reed", on="spark")
    assert "headwater[spark]" in caught.value.fix


def test_whose_row_it_is_says_the_row(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,originator,schema,name\n1,RS-MOI,Company,Nonesuch\n", encoding="utf-8")
    (record,) = linking._records_in(str(file), None)
    assert record.origin.originator == AuthorityId(BELGRADE)
