"""Every word that goes to a court on a paper: the schedules and the letter of one made-up case, whole, against a file.

Whoever changes what a paper says changes `papers.json` beside this file on purpose, and a reviewer reads the difference. To
write it anew: python -m tests.unit.case.test_whole_papers
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from headwater.case.coverage import with_findings
from headwater.case.letter import Letter, letter_paper
from headwater.case.numbering import Numbering
from headwater.case.schedule import Disclosure, Form, Run, paper
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId
from tests.case_world import FINDING, made_case

WHOLE: Final = Path(__file__).with_name("papers.json")
OWN: Final = AuthorityId("UK-NCA")
FREE: Final = replace(FINDING, engine="trace", engine_version="2", handling=UNRESTRICTED)
OTHER_VERSION: Final = replace(FINDING, engine_version="2", handling=UNRESTRICTED)
RUN: Final = Run(tool="trace", terms="hops 3", over="table T", hits=None, at="2026-02-12T10:00:00Z", by="s.hall")


def much(case: dict[str, Any]) -> None:
    """A case of which every column of every paper has something to say."""
    case["material"][0] |= {"effect": "undermines", "location": "port office, room 4"}
    case["material"] += [
        {"id": "M3", "list": "mg6c", "description": "First account of P1, one page", "presumption": "first-account"},
        {"id": "M4", "list": "mg6d", "description": "Observation log", "reason": "method", "effect": "assists"},
    ]
    case["exhibits"][1]["origin"] = {"node": "rs", "returned_under": "LOR/1"}
    case["exhibits"].append(
        {**case["exhibits"][2], "ref": "XK/1", "origin": {"node": "xk", "returned_under": None}, "description": "Tip"}
    )
    case["custody"].append({**case["custody"][3], "exhibit": "XK/1"})
    case["searches"].append({**case["searches"][0], "terms": ["ACC-2", "ACC-1"], "hits": 12, "by": "P6"})
    case["methods"] = [
        {"engine": "match", "version": "1", "status": "validated", "reference": "VAL/7"},
        {"engine": "trace", "version": "2", "status": "unvalidated"},
    ]


def few(case: dict[str, Any]) -> None:
    """A case of which the papers have nothing to say."""
    case.update(material=[], searches=[], methods=[])
    case["exhibits"].pop(2)
    case["custody"].pop(3)


def papers(folder: Path) -> dict[str, Any]:
    """All papers, as what is handed to the typesetter."""
    case = with_findings(made_case(folder / "much", much), [FINDING, FREE, OTHER_VERSION])
    gone = replace(case.material[0], id="M9", description="Taken out later")
    numbering = Numbering().extended(replace(case, material=(gone, *case.material[:-2]))).extended(case)
    given = Disclosure(
        case=case, numbering=numbering, authority=OWN, officer="s.hall", findings=(FINDING, FREE, OTHER_VERSION),
        runs=(RUN,), draft=True,
    )  # fmt: skip
    bare = made_case(folder / "few", few)
    nothing = Disclosure(case=bare, numbering=Numbering().extended(bare), authority=OWN, officer="s.hall")
    letters = {
        language: Letter(
            ref="LOR-1", to="rs", items=("RS/1", "XK/1"), basis="a made-up treaty", confirmed=sure, language=language
        )
        for language, sure in (("sr", False), ("sq", True), ("mk", True), ("bs", True))
    }
    made = {
        **{form.value: paper(form, given) for form in Form},
        **{f"{form.value} of nothing": paper(form, nothing) for form in Form},
        **{f"letter {language}": letter_paper(case, letter, OWN) for language, letter in letters.items()},
    }
    found: dict[str, Any] = json.loads(msgspec.json.encode(made))
    return found


def test_every_paper_says_exactly_what_it_said(tmp_path: Path) -> None:
    made, held = papers(tmp_path), json.loads(WHOLE.read_text("utf-8"))
    assert {name for name in made if made[name] != held.get(name)} == set()
    assert made == held


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        text = json.dumps(papers(Path(temporary)), ensure_ascii=False, indent=1, sort_keys=True)
    WHOLE.write_text(text + "\n", "utf-8")
