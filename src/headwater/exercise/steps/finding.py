"""Finding: official files become records, names are screened, a person decides."""

from pathlib import Path
from typing import Any, Final

from headwater.exercise.scenario import USERS, cast, queries, write_lists, write_reports
from headwater.exercise.stage import Stage, StepFailedError, at_once

INPUT: Final = "input"


def read_files(stage: Stage, *, planted: bool) -> str:
    """Read lists and reports into the nodes; planted: the UN list is cut short."""
    folder = stage.folder / INPUT
    folder.mkdir(exist_ok=True)
    lists = write_lists(folder)
    reports = write_reports(folder, cast())
    if planted:
        cut = lists["un-xml"][0]
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    # Real lists first: what is read last of a day, or is of a later day, is the edition in force.
    real = sum(_read(stage, "uk", form, path, None, "sanctions") for form, path in _real(stage))
    read = sum(_read(stage, "uk", form, path, entries, "sanctions") for form, (path, entries) in lists.items())
    ids = at_once(lambda report: _report(stage, *report), reports.items())
    stage.notes.update({f"record-{key}": made for key, made in zip(reports, ids, strict=True)})
    read += len(ids)
    more = f", and {real} entries of a real list" if stage.lists else ""
    return f"{read} records in 4 formats, in English, Serbian (both scripts) and Albanian{more}"


def _real(stage: Stage) -> list[tuple[str, Path]]:
    """Return the real lists that were named: format and file."""
    parts = (named.partition(":") for named in stage.lists)
    return [(form, Path(file).absolute()) for form, _, file in parts]


def _read(stage: Stage, key: str, form: str, path: Path, entries: int | None, purpose: str) -> int:
    answer = stage.command(stage.houses[key], "read", form, path, user=USERS[key][0], purpose=purpose)
    records = int(answer["files"][0]["records"])
    if entries is not None and records != entries:
        raise StepFailedError(f"{records} records were read where {entries} entries were written", where=path.name)
    return records


def _report(stage: Stage, key: str, path: Path) -> str:
    """Read a report and return its record's identifier."""
    answer = stage.command(stage.houses[key], "read", "report", path, user=USERS[key][0])
    return str(answer["files"][0]["ids"][0])


def screen_names(stage: Stage, *, planted: bool) -> str:
    """Screen the lorry's consignor, keeper and driver, and a bystander; planted: the index over the lists is damaged."""
    played, uk = cast(), stage.houses["uk"]
    asked = stage.folder / INPUT / "queries.csv"
    asked.write_text(queries(played), encoding="utf-8")
    if planted:
        for index in (uk.home / "derived").iterdir():
            index.chmod(0o600)
            index.write_bytes(index.read_bytes()[: index.stat().st_size // 3])
    answer = stage.command(uk, "screen", asked, user=USERS["uk"][0], purpose="sanctions")
    hits = {hit["query"]: hit for hit in reversed(answer["hits"])}
    for query, entry in (("consignor", played.organiser), ("keeper", played.company)):
        if query not in hits or not str(hits[query]["entry"]).endswith(f"{entry.number:04d}"):
            raise StepFailedError(f"the {query} was not found on the list")
    for query in ("driver", "bystander"):
        if query in hits:
            raise StepFailedError(f"the {query}, who is on no list, was taken for somebody on one")
    best: dict[str, Any] = hits["consignor"]
    stage.notes["hit"] = best
    more = "".join(f", {_screen_real(stage, asked, form, path)}" for form, path in _real(stage))
    return (
        f"{best['text']} (score {best['score']:.3f}); the keeper is listed too, the driver and a bystander raised no "
        f"hit{more}"
    )


def _screen_real(stage: Stage, asked: Path, form: str, path: Path) -> str:
    """Screen the same names against a real list where it lies: people who do not exist stand on none."""
    answer = stage.command(
        None, "screen", asked, "--list", f"{form}:{path}", "--min-score", "0.95", purpose="sanctions"
    )
    if any(hit["query"] == "bystander" for hit in answer["hits"]):
        raise StepFailedError("a bystander was taken for somebody on a real list", where=path.name)
    entries = sum(int(each["entries"]) for each in answer["lists"])
    return f"{len(answer['hits'])} among {entries} entries of the real {form} list"


def decide_hit(stage: Stage, *, planted: bool) -> str:
    """Let the analyst confirm the hit; planted: the analyst has been switched off."""
    uk, (analyst, supervisor, _) = stage.houses["uk"], USERS["uk"]
    finding = str(stage.notes["hit"]["finding"])
    if planted:
        stage.command(uk, "user", "add", "z.admin", "--role", "admin", user=analyst)
        stage.command(uk, "user", "disable", analyst, user="z.admin")
    shown = stage.command(uk, "findings", "show", finding, user=analyst)
    if shown["state"] != "open" or not shown["reasons"] or not shown["evidence"]:
        raise StepFailedError("the finding does not explain itself")
    stage.command(uk, "findings", "decide", finding, "confirm", "--reason", "Exercise: same birth date", user=analyst)
    shown = stage.command(uk, "findings", "show", finding, user=supervisor)
    if shown["state"] != "confirm" or shown["decisions"][-1]["who"] != analyst:
        raise StepFailedError("the decision was not kept")
    stage.notes["finding"] = shown
    return f"{analyst} confirmed it, on {len(shown['reasons'])} reasons and {len(shown['evidence'])} pieces of evidence"
