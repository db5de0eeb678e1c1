"""What the exercise tells is told in Serbian and Albanian on a terminal, step by step; its document and a pipe stay English."""

import ast
import inspect
import io
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.cli.narration import narrated
from headwater.cli.words import Part, recounted, words
from headwater.exercise import demo
from headwater.exercise.demo import Outcome, Played, where_to_look
from headwater.exercise.steps import STEPS

TAGS = ("sr-Cyrl", "sr-Latn", "sq")
ENGLISH = re.compile(r"\b(?:the|of|is|are|was|were|from|with|and|which|it|this|that|by)\b")
PLACE = re.compile(r"\{\w+\}")


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        return True


def said() -> Iterator[str]:
    """Every title of a step, and what each step may say at its end, with 7 for whatever is filled in."""
    for step in STEPS:
        yield step.title
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(step.play)))):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr | ast.Constant):
                parts = node.value.values if isinstance(node.value, ast.JoinedStr) else [node.value]
                yield "".join(_filled(part) for part in parts)


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    name = ast.unparse(part.value)
    return "" if name == "more" else "7." if "says" in name else "7"


@pytest.mark.parametrize("tag", TAGS)
def test_every_step_is_told_when_it_begins_and_when_it_ends(tag: str) -> None:
    texts = list(said())
    assert len(texts) == 2 * len(STEPS)
    for text in texts:
        own = narrated(text, tag)
        assert own != text
        assert not ENGLISH.search(own), own


@pytest.mark.parametrize("tag", TAGS)
def test_what_stands_within_a_sentence_is_told_too(tag: str) -> None:
    for text in (
        "888 records in 4 formats, in English, Serbian (both scripts) and Albanian, and 9 entries of a real list",
        (
            "Name agrees in 2 of 2 parts. UK list of 27 Nov 2026, row 11. (score 1.000); the keeper is listed too, the driver and a "
            "bystander raised no hit, 0 among 9 entries of the real un list"
        ),
        (
            "'24,000 people': wrong-word. There were 21,525 detections of irregular border-crossing on the Route in 2024. "
            "'nearly': supported. There were 21,525 detections of irregular border-crossing on the Route in 2024. 42 forecasts drawn in a.svg"
        ),
        "not played: it needs trust, read",
    ):
        own = narrated(text, tag)
        assert not ENGLISH.search(own.replace("24,000 people", "")), own


@pytest.mark.parametrize("tag", TAGS)
def test_no_word_stands_for_what_the_exercise_does_not_tell(tag: str) -> None:
    folder = Path(demo.__file__).parent
    source = " ".join(
        file.read_text(encoding="utf-8") for file in [*folder.glob("*.py"), *(folder / "steps").glob("*.py")]
    )
    known = set(re.findall(r"\w+", source))
    for text in words(tag, Part.DEMO):
        assert set(re.findall(r"\w+", PLACE.sub(" ", text))) <= known, text


def test_the_end_is_told_and_commands_in_it_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "sq_XK.UTF-8")
    outcome = Outcome(Path("/exercise"), [Played(step.name, ok=True, seconds=1.0, what="") for step in STEPS])
    english = where_to_look(outcome)
    own = where_to_look(outcome, lambda text: recounted(text, Terminal()))
    assert where_to_look(outcome, lambda text: recounted(text, io.StringIO())) == english
    assert own[1].startswith("22 nga 22 hapa siç duhet, në 22 s")
    assert (own[2], own[3:]) == ("Shikoni:", english[3:])
    outcome.steps.pop()
    assert where_to_look(outcome, lambda text: recounted(text, Terminal()))[-1] == "Te /exercise janë ditarët e nyjeve."
