"""The compiled score says what the readable one says: the same log-odds, the same answers. numba compiles it once a machine."""

import random

import pytest
from rapidfuzz import fuzz

from headwater.engines.match import kernel, kernel_beside, kernel_near, weights
from headwater.engines.match.batch import Asked, Batch, available
from headwater.engines.match.build import build_index
from headwater.engines.match.candidates import Finder
from headwater.engines.match.coded import codes, trait_arrays
from headwater.engines.match.dates import DateClass, classify
from headwater.engines.match.index import unpack
from headwater.engines.match.kernel import MOST_PARTS
from headwater.engines.match.link import near as link_near
from headwater.engines.match.link.values import hull
from headwater.engines.match.listed import Listed
from headwater.engines.match.names import Weighed, parse
from headwater.engines.match.query import read_request
from headwater.engines.match.score import compare_names, compare_traits, traits
from headwater.engines.match.screening import Screener, meets
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.model.record import Record
from headwater.testing.memory_view import MemoryView
from tests.given import read
from tests.match_world import entry, world

ODD = (
    "عبد الرحمن ناصر", "محمد", "Shpetim Qorr Haxhaj", "ŽIVORAD TESTEROVIC", "Iван Нiхто", "김철수", "곽정별", "Kwak Chong-pyol", "Kwak Jong Pyol", "कल्पित मिथ्या", "山田", "张光明", "張光明", "Zhang Guang Ming", "Zhang Guangmimg", "Zhang Guangning", "佐兰·菲克蒂夫斯基", "威海虚构船务有限公司",
    "Weihai Xugou Shipping", "李方", "A. B. Testerovic",
    "x", "Exemplar Shiping & Trading Limited Liabilty Company", "بنیامین", "Petrova Petrov Petrović", " ".join(["word"] * 30),
)  # fmt: skip


CHINESE = (
    entry("uk:90", name="Zhang Guangming", alias="张光明"),
    entry("uk:91", name="Zoran Fiktivski", alias="佐兰·菲克蒂夫斯基"),
    entry("uk:92", schema="Organization", name="Weihai Xugou Shipping Co., Ltd.", alias="威海虚构船务有限公司"),
    entry("uk:93", name="張光", alias="Jang Kwang Myong"),
)


def records() -> list[Record]:
    made = list_files("un-xml", make_list(1500, 11))
    return [*world(), *CHINESE, *read("un-xml", next(iter(made.values()))).records]


def asked() -> list[str]:
    names = [one.native or one.name for one in make_list(400, 11)[::2]] + [one.name for one in make_list(200, 12)]
    slips = [name[:3] + name[4:] for name in names[:120]] + [" ".join(reversed(name.split())) for name in names[:60]]
    return [*names, *slips, *ODD]


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(unpack(build_index(records())))


def test_numba_is_here() -> None:
    assert available()


def test_linking_finds_the_same_neighbours_by_either_code(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for text in asked() if (name := parse(text, person=True))]
    known = {hull(part.sound): part for name in names for part in name.parts}
    monkeypatch.setattr(link_near, "COMPILED", 10**9)
    readable = link_near.neighbours(known)
    monkeypatch.setattr(link_near, "COMPILED", 1)
    monkeypatch.setattr(link_near, "likeness", None)
    assert link_near.neighbours(known) == readable
    assert sum(map(len, readable.values())) > 200


def test_every_pair_of_names_has_the_log_odds_of_the_readable_score(finder: Finder) -> None:
    listed, compared = Listed(finder.index), 0
    for person, schema in ((True, "Person"), (False, "Organization")):
        queries = [Asked(parse(text, person=person), schema, person, -1e9) for text in asked()]
        for one, found in zip(queries, Batch(finder, meets).find(queries), strict=True):
            if one.name is None or len(one.name.parts) > MOST_PARTS:
                continue
            left = Weighed(one.name, tuple(finder.rarity(part) for part in one.name.parts))
            for near in found:
                other = listed.name(near.at)
                if len(other.name.parts) <= MOST_PARTS:
                    match = compare_names(left, other, person=person)
                    assert near.log_odds == pytest.approx(match.log_odds, abs=1e-6), (left.name.text, other.name.text)
                    assert compare_names(left, other, person=person, worth=near.worth) == match
                    compared += 1
    assert compared > 5000


def test_the_answers_with_and_without_compiled_code_are_the_same(finder: Finder) -> None:
    view = MemoryView(records())
    rows = [{"id": str(at), "name": name} for at, name in enumerate(asked())]
    request = read_request({"queries": rows, "min_score": 0.6, "top": 3})
    with_it, without = (Screener(view, finder.index, compiled=compiled).answer(request) for compiled in (True, False))
    assert len(with_it.hits) > 100
    assert [hit.finding for hit in with_it.hits] == [hit.finding for hit in without.hits]
    assert with_it.not_screenable == without.not_screenable


def test_a_name_too_long_for_compiled_code_does_not_hide_a_shorter_one_of_the_same_entry() -> None:
    long = f"Zoran Izmisljenko Nestvarni Umisljeni {' '.join('abcdefghijklmnopqrstuvwxyz')}"
    others = [entry(f"uk:{at}", name=one.name) for at, one in enumerate(make_list(60, 3), 2)]
    listed = [entry("uk:1", name="Zoran Izmisljenko", alias=long), *others]
    request = read_request({"queries": [{"id": "1", "name": "Zoran Izmislenko"}]})
    index = unpack(build_index(listed))
    with_it, without = (Screener(MemoryView(listed), index, compiled=one).answer(request) for one in (True, False))
    assert [hit.finding for hit in with_it.hits] == [hit.finding for hit in without.hits]
    assert [reason.right for hit in with_it.hits for reason in hit.finding.reasons] == ["Zoran Izmisljenko"]


def test_dates_fall_into_the_classes_of_the_readable_code() -> None:
    draw = random.Random(3)
    days = [f"{draw.randrange(1958, 1972)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}" for _ in range(60)]
    dates = [*days, *(day[:7] for day in days[:20]), *(day[:4] for day in days[20:30]), "1975-03-14", "1975-03-41"[:7]]
    dates += [
        "1957-03-14",
        "1975-03-15",
        "1975-04-13",
        "1976-03-14",
        "1985-03-14",
        "1975-12-01",
        "1975-01-12",
        "1995-03-14",
    ]
    seen = set()
    for left in dates:
        for right in dates:
            one, other = (int(date.replace("-", "").ljust(8, "0")) for date in (left, right))
            kind = kernel_beside.CLASSES[kernel_beside.date_class(one, other)]
            assert kind is classify(left, right), (left, right)
            seen.add(kind)
    assert seen == set(DateClass)


def test_what_stands_beside_the_names_weighs_as_in_the_readable_code() -> None:
    draw = random.Random(4)

    def some(values: tuple[str, ...], most: int) -> list[str]:
        return draw.sample(values, draw.randrange(most + 1))

    born = ("1975-03-14", "1975-03", "1975", "1985-03-14", "1975-03-15", "1940")
    both = [
        [traits(some(born, 2), some(("rs", "mk", "xk"), 2), some(("male", "female"), 1), ()) for _ in range(300)]
        for _ in range(2)
    ]
    mine, theirs = (kernel_beside.beside(trait_arrays(side)) for side in both)
    for at, (query, listed) in enumerate(zip(*both, strict=True)):
        for name in (-4.0, -0.5, 0.0, 3.0, 99.0):
            expected = compare_traits(query, listed).total(min(name, weights.NAME_CAP))
            assert kernel_beside.total(name, mine, at, theirs, at) == pytest.approx(expected, abs=1e-9)


def test_the_words_near_a_word_are_those_that_rapidfuzz_finds(finder: Finder) -> None:
    words = ["mohamed", "zivorad", "a", "SpetimCor", "x" * 70, "", "testerovic", "li"]
    words += [sound[:-1] for sound in finder.sounds[::9]]
    known = kernel_near.vocabulary(*codes(finder.sounds))
    ends, found, how = kernel_near.near(*codes(words), known, 0.65)
    for at, word in enumerate(words):
        mine = dict(zip(found[ends[at] : ends[at + 1]].tolist(), how[ends[at] : ends[at + 1]].tolist(), strict=True))
        theirs = {
            number: fuzz.ratio(word[:63], sound) / 100
            for number, sound in enumerate(finder.sounds)
            if word and fuzz.ratio(word[:63], sound) >= 65
        }
        assert mine == pytest.approx(theirs, abs=1e-6), word
    assert ends[-1] > 50


def test_few_entries_that_alone_may_be_hits_get_the_hits_of_a_whole_run(finder: Finder) -> None:
    view = MemoryView(records())
    rows = [{"id": str(at), "name": name} for at, name in enumerate(asked())]
    screener = Screener(view, finder.index, compiled=True)
    whole = screener.answer(read_request({"queries": rows, "min_score": 0.6, "top": 1000}))
    few = sorted({hit.entry for hit in whole.hits})[:20]
    some = screener.answer(read_request({"queries": rows, "min_score": 0.6, "top": 1000, "only": few}))
    assert some.hits
    assert [hit.finding for hit in some.hits] == [hit.finding for hit in whole.hits if hit.entry in few]


def test_of_each_entry_those_names_stay_that_no_other_of_it_is_above(finder: Finder) -> None:
    batch, owner = Batch(finder, meets), Listed(finder.index).owner
    queries = [Asked(parse(text, person=True), "Person", person=True, floor=-9.0) for text in asked()[:200]]
    left_out = 0
    for every, best in zip(batch.find(queries), batch.best(queries, 1e-6), strict=True):
        most: dict[int, float] = {}
        for one in every:
            most[owner(one.at)] = max(one.log_odds, most.get(owner(one.at), one.log_odds))
        assert best == [one for one in every if one.log_odds >= most[owner(one.at)] - 1e-6]
        left_out += len(every) - len(best)
    assert left_out > 50


def test_a_name_heavier_than_the_bound_cannot_have_the_least_share() -> None:
    draw = random.Random(5)
    for _ in range(2000):
        mass = draw.uniform(0.1, 6.0)
        rest, weight = draw.uniform(0.01, mass), draw.uniform(0.05, 12.0)
        share = rest / min(mass, weight) * 0.4 + rest / (mass + weight) * 1.2
        heaviest = kernel.weight_bound(rest, mass, 0.5)
        assert weight <= heaviest or share < 0.5
        assert weight > heaviest or share >= 0.499
