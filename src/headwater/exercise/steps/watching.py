"""Watching: a track nears a river at night, and the rescue alert goes out before anything else is asked."""

import json
from typing import Any, Final

from headwater.exercise.river_night import RiverNight, river_night, write_night
from headwater.exercise.scenario import USERS
from headwater.exercise.stage import Stage, StepFailedError

INPUT: Final = "input"


def watch_river(stage: Stage, *, planted: bool) -> str:
    """Watch an invented river by night from Belgrade's post; planted: the sensors are cut off before the boat leaves."""
    night = river_night()
    leaves_s, middle_s = night.leaves_s or 0.0, night.middle_s or 0.0
    if planted:
        before = tuple(one for one in night.detections if one.time_s < leaves_s - 100)
        night = RiverNight(before, night.context, leaves_s, middle_s)
    folder = stage.folder / INPUT
    folder.mkdir(exist_ok=True)
    files = write_night(folder, night)
    out = {
        "alerts": stage.folder / "river-alerts.jsonl",
        "map": stage.folder / "river-map.svg",
        "drafts": stage.folder / "river-drafts",
    }
    rs = stage.houses["rs"]
    answer = stage.command(
        rs, "watch", "alert", files["sapient"], "--as", "sapient", "--context", files["context"], "--out", out["alerts"], "--map", out["map"],
        "--drafts", out["drafts"], user=USERS["rs"][0],
    )  # fmt: skip
    alerts: list[dict[str, Any]] = [json.loads(line) for line in out["alerts"].read_text(encoding="utf-8").splitlines()]
    if not alerts or alerts[0]["lane"] != "rescue":
        raise StepFailedError("no rescue alert went out first")
    first = alerts[0]
    if not leaves_s - 120 <= first["t_s"] <= middle_s:
        raise StepFailedError("the rescue alert did not come before the boat was in mid-river")
    crossing = next((one["crossing"] for one in alerts if one["lane"] == "border"), None)
    if crossing is None or not first.get("drift") or "DRAFT" not in first.get("notice", ""):
        raise StepFailedError("there is no forecast, no drift or no draft notice")
    if b"<svg" not in out["map"].read_bytes()[:100] or answer["findings"] < 1:
        raise StepFailedError("no map was drawn, or no finding was kept")
    return (
        f"{answer['read']} SAPIENT detections, {answer['tracks']} tracks; rescue called {middle_s - first['t_s']:.0f} s before "
        f"mid-river, help {first['minutes']:.0f} min away; crossing {crossing['p']:.0%} likely; map in {out['map'].name}"
    )
