"""Figures: two sentences of ministers are judged by editions of a day, and the routes are forecast and drawn."""

from headwater.exercise.editions import ENFORCED, RETURNS, WESTERN_BALKANS, Made, editions, route_claim, statement_claim
from headwater.exercise.scenario import USERS
from headwater.exercise.stage import Stage, StepFailedError, at_once

FIGURES = "figures"
SEED = 1


def judge_claims(stage: Stage, *, planted: bool) -> str:
    """Judge the two sentences and draw a forecast; planted: an edition's numbers are not those that were said."""
    folder, uk, analyst = stage.folder / FIGURES, stage.houses["uk"], USERS["uk"][0]
    folder.mkdir()

    def keep(one: Made) -> None:
        (folder / one.name).write_bytes(one.data.replace(b"17764", b"27764") if planted else one.data)
        if one.format == "csv-wide":
            return
        said = stage.command(uk, "figures", "import", one.format, folder / one.name, user=analyst, purpose="statistics")
        if said["warnings"]:
            raise StepFailedError(f"a clean edition raised {said['warnings'][0]['code']}", where=one.name)

    def claim(words: tuple[str, ...]) -> dict[str, object]:
        return stage.command(uk, "figures", "claim", "--text", *words, user=analyst, purpose="statistics")

    at_once(keep, editions(SEED))
    said, of_route = statement_claim(), route_claim()
    removed, route, early = at_once(claim, [(said,), (of_route,), (said, "--as-of", "2025-03-23")])
    for answer, verdict, count in ((removed, "wrong-word", RETURNS), (route, "supported", WESTERN_BALKANS[2024])):
        if (answer["verdict"], answer["computed"]) != (verdict, count):
            raise StepFailedError(f"a claim came back {answer['verdict']}, not {verdict}")
    if f"{ENFORCED:,}" not in str(removed["says"]) or early["verdict"] != "not-yet-known":
        raise StepFailedError("the sentence lacks the enforced returns, or was known before its day")
    chart = folder / "routes.svg"
    made = stage.command(None, "figures", "forecast", folder / "routes.csv", "--chart", chart)
    if not made["forecasts"] or not chart.read_bytes().startswith(b"<?xml"):
        raise StepFailedError("no chart was drawn")
    stage.notes["claims"] = [removed, route]
    return (
        f"'{statement_claim()}': {removed['verdict']}. {removed['says']} '{route_claim()}': {route['verdict']}. "
        f"{route['says']} {len(made['forecasts'])} forecasts drawn in {chart.relative_to(stage.folder)}"
    )
