"""Figures: two sentences of ministers are judged by editions of a day, and the routes are forecast and drawn."""

from headwater.exercise.editions import ENFORCED, RETURNS, WESTERN_BALKANS, editions, route_claim, statement_claim
from headwater.exercise.scenario import USERS
from headwater.exercise.stage import Stage, StepFailedError

FIGURES = "figures"
SEED = 1


def judge_claims(stage: Stage, *, planted: bool) -> str:
    """Judge the two sentences and draw a forecast; planted: an edition's numbers are not those that were said."""
    folder, uk, analyst = stage.folder / FIGURES, stage.houses["uk"], USERS["uk"][0]
    folder.mkdir()
    for one in editions(SEED):
        data = one.data.replace(b"17764", b"27764") if planted else one.data
        (folder / one.name).write_bytes(data)
        if one.format != "csv-wide":
            said = stage.command(
                uk, "figures", "import", one.format, folder / one.name, user=analyst, purpose="statistics"
            )
            if said["warnings"]:
                raise StepFailedError(f"a clean edition raised {said['warnings'][0]['code']}", where=one.name)

    def claim(text: str, *options: str) -> dict[str, object]:
        return stage.command(uk, "figures", "claim", "--text", text, *options, user=analyst, purpose="statistics")

    removed, route = claim(statement_claim()), claim(route_claim())
    early = claim(statement_claim(), "--as-of", "2025-03-23")
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
