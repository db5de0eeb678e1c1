"""Measure the search box over a million names: how long an answer takes, and whether a name is found however it is written.

    python bench/bench_search.py [--names 1000000] [--asked 200]

Ten invented persons stand in each record, so that a million names take a hundred thousand records. Names are made of given names of
the exercise and of family names put together from syllables here, and each is asked for in other forms: in Cyrillic by Serbia's
table of letters, without any marks, in the spelling that Albanian gives such names, with given and family name changed about. These
tables stand in this file and come from the two orthographies, not from what headwater matches by. A person is found if the answer's
first page names them. The last line is the document that bench/run.py reads.
"""

import argparse
import json
import random
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.bench_web import HANDLING, USERS, add
from headwater.exercise.names import person_name
from headwater.model.fact import Fact
from headwater.model.grade import Grade
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, setup
from headwater.node.pages import search
from headwater.node.system import peak_memory_mb
from headwater.settings import Settings

P95_MS, RECALL = 100.0, 0.98
PERSONS, BATCH = 10, 500
LETTERS = {
    "lj": "љ", "nj": "њ", "dž": "џ", "a": "а", "b": "б", "c": "ц", "č": "ч", "ć": "ћ", "d": "д", "đ": "ђ", "e": "е", "f": "ф",
    "g": "г", "h": "х", "i": "и", "j": "ј", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "r": "р", "s": "с",
    "š": "ш", "t": "т", "u": "у", "v": "в", "z": "з", "ž": "ж",
}  # fmt: skip
"""Serbian Latin to Cyrillic, one letter for one (Pravopis)."""
ALBANIAN = {"dž": "xh", "č": "ç", "ć": "q", "đ": "gj", "š": "sh", "ž": "zh", "lj": "lj", "nj": "nj"}
"""How Albanian writes the sounds of Serbian names."""
BEGIN = ("Bra", "Dro", "Gvo", "Kle", "Mlo", "Pru", "Sto", "Tra", "Vre", "Zla", "Žu", "Ša", "Ču", "Ljo", "Nje", "Đu")
MIDDLE = ("bi", "do", "ga", "je", "ko", "la", "mi", "no", "pe", "ra", "si", "to", "vu", "zo", "ša", "če", "žu", "đe")
END = ("ković", "nović", "šić", "njac", "lević", "čanin", "dić", "žević", "rac", "vljak")


def family(draw: random.Random) -> str:
    """A family name that nobody bears."""
    return draw.choice(BEGIN) + "".join(draw.choice(MIDDLE) for _ in range(draw.choice((1, 2, 2)))) + draw.choice(END)


def names(count: int) -> Iterator[tuple[str, str]]:
    """Given and family names, invented."""
    draw = random.Random(23)
    for number in range(count):
        yield " ".join(person_name(draw, female=bool(number % 2)).given), family(draw)


def put(text: str, letters: dict[str, str]) -> str:
    """A text in other letters, two at a time where the table has them."""
    made, at = [], 0
    while at < len(text):
        for size in (2, 1):
            part = text[at : at + size]
            if len(part) == size and (other := letters.get(part.lower())) is not None:
                made.append(other.capitalize() if part[0].isupper() else other)
                at += size
                break
        else:
            made.append(text[at])
            at += 1
    return "".join(made)


def bare(text: str) -> str:
    """A text without marks, as somebody types it who has no such keys."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "dj").replace("Đ", "Dj"))
    return "".join(one for one in plain if not unicodedata.combining(one))


FORMS = {
    "as it is": lambda given, last: f"{given} {last}",
    "Cyrillic": lambda given, last: put(f"{given} {last}", LETTERS),
    "without marks": lambda given, last: bare(f"{given} {last}"),
    "Albanian spelling": lambda given, last: put(f"{given} {last}", ALBANIAN),
    "changed about": lambda given, last: f"{last} {given}",
}


def fill(node: Node, count: int) -> None:
    """Keep so many names."""
    batch: list[Record] = []
    people = enumerate(names(count))
    for number in range(0, count, PERSONS):
        few = [(EntityKey(f"n-{at}"), " ".join(name)) for at, name in (next(people) for _ in range(PERSONS))]
        batch.append(
            Record(
                origin=Origin(AuthorityId("UK-NCA"), "bench", place=str(number)),
                grade=Grade("3x5x2", "1", "B"),
                handling=HANDLING,
                mentions=tuple(Mention(key, "Person", PersonCategory.SUSPECT) for key, _ in few),
                facts=tuple(Fact(key, "name", name) for key, name in few),
            )
        )
        if len(batch) == BATCH:
            add(node, batch)
            batch.clear()
    add(node, batch)


def main() -> int:
    parser = argparse.ArgumentParser(description="The search box over many names.")
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--asked", type=int, default=200)
    given = parser.parse_args()
    wanted = set(random.Random(5).sample(range(given.names), given.asked))
    people = {at: name for at, name in enumerate(names(given.names)) if at in wanted}
    with tempfile.TemporaryDirectory(prefix="headwater-search-") as folder:
        home = Path(folder) / "uk"
        setup.init(home, Settings(authority=AuthorityId("UK-NCA")), USERS)
        with Node.open(home, {}) as node:
            begun = time.process_time()
            fill(node, given.names)
            print(json.dumps({"figure": "kept", "cpu_s": round(time.process_time() - begun, 1)}), flush=True)
            session = node.session("bench", "oic")
            begun = time.process_time()
            search.find(node, session, search.kept(node, session, search.keep(node, session, "Ana")))
            print(json.dumps({"figure": "index", "cpu_s": round(time.process_time() - begun, 1)}), flush=True)
            found = {form: asked(node, people, form) for form in FORMS}
    cpus = [one for _, times in found.values() for one in times]
    hits = [one for hits, _ in found.values() for one in hits]
    for form, (seen, times) in found.items():
        print(
            json.dumps(
                {"form": form, "found": sum(seen), "of": len(seen), "p95_cpu_ms": round(quantiles(times, n=20)[-1], 1)}
            )
        )
    p95, recall = quantiles(cpus, n=20)[-1], sum(hits) / len(hits)
    print(json.dumps({"figure": "memory", "mb": round(peak_memory_mb())}))
    what = f"p95 of CPU time of a search of {given.names:,} names beside {P95_MS:.0f} ms"
    told = f"names found in other scripts, spellings and orders: {recall:.4f} of {len(hits)}, beside {RECALL}"
    results = [
        {"name": "search-p95", "ratio": p95 / P95_MS, "at_most": 1.0, "what": what},
        {"name": "search-recall", "ratio": recall / RECALL, "at_least": 1.0, "what": told},
    ]
    print(json.dumps({"results": results}))
    return 0


def asked(node: Node, people: dict[int, tuple[str, str]], form: str) -> tuple[list[bool], list[float]]:
    """Ask for people in one form; return which were found, and CPU milliseconds of each answer."""
    session = node.session("bench", "oic")
    seen, times = [], []
    for at, (first, last) in people.items():
        token = search.keep(node, session, FORMS[form](first, last))
        begun = time.process_time()
        hits = search.find(node, session, search.kept(node, session, token), page=1).hits
        times.append(1000 * (time.process_time() - begun))
        seen.append(any(hit.id == f"n-{at}" for hit in hits))
    return seen, times


if __name__ == "__main__":
    raise SystemExit(main())
