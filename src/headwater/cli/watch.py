"""`headwater watch`: detections to tracks, forecasts, alerts and routes; rescue first."""

from pathlib import Path

import click

from headwater.cli import door, options, watch_kept
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.watch_parts import FILE, FORM, PLACED, told
from headwater.cli.words import later, scored, sentence, shown

_LANES = {"rescue": later("RESCUE"), "border": later("BORDER"), "info": later("INFO")}


@click.group(epilog="Example: headwater watch alert detections.csv --context context.json --out alerts.jsonl")
def watch() -> None:
    """Follow objects from drones, cameras, radars and AIS, and call rescue first.

    Objects are followed, never persons: classes come from a fixed list, people are groups with a band of size, and no
    picture is kept. An alert is advice; a person acts.
    """


@watch.command(epilog="Example: headwater watch track det.txt --as mot --fps 30 --out tracks.txt")
@click.argument("file", type=FILE)
@click.option(
    "--as",
    "form",
    required=True,
    type=click.Choice(["mot", "points", "sapient", "ais", "cot", "asterix", "video"]),
    help="What FILE is.",
)
@click.option("--fps", default=30.0, show_default=True, type=click.FloatRange(0.1, 1000), help="Frames a second.")
@click.option("--model", type=FILE, help="Your own detector for video, ONNX; see the how-to of sensors.")
@click.option("--classes", type=FILE, help="Names of the model's classes, a JSON list.")
@PLACED
@click.option(
    "--out",
    required=True,
    type=options.TO_WRITE,
    help=".txt: MOT rows, .jsonl: rows, .json: Moving Features, .svg: a map.",
)
@options.as_json
def track(
    *,
    file: Path,
    form: str,
    fps: float,
    model: Path | None,
    classes: Path | None,
    context: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Track what FILE holds."""
    from headwater.node import watch_tracks

    if (model is None) != (classes is None):
        raise click.UsageError("give --model and --classes together")
    own = (model, classes) if model is not None and classes is not None else None
    with bar("tracking") as progress:
        document = watch_tracks.track(
            form, file, out, fps=fps, model=own, context=context, progress=progress
        ).document()
    door.answer(document, told(document), as_json=as_json)


@watch.command(
    epilog="Example: headwater watch alert detections.csv --context context.json --out alerts.jsonl --map map.svg"
)
@click.argument("file", type=FILE)
@click.option(
    "--as",
    "form",
    default="points",
    show_default=True,
    type=click.Choice(["points", "sapient", "cot", "asterix"]),
    help="What FILE is.",
)
@click.option("--context", required=True, type=FILE, help="What the post knows of its place and hour, JSON.")
@click.option("--out", required=True, type=options.TO_WRITE, help="File for the alerts, one JSON line each.")
@click.option("--map", "draw", type=options.TO_WRITE, help="File for a map, SVG.")
@click.option(
    "--drafts", type=click.Path(path_type=Path, file_okay=False), help="Folder for draft notices and EUROSUR drafts."
)
@options.home(required=False)
@options.acting("oic")
@options.as_json
def alert(
    *,
    file: Path,
    form: str,
    context: Path,
    out: Path,
    draw: Path | None,
    drafts: Path | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Raise alerts from the detections in FILE, danger to life first.

    Each alert is on the disk the moment it is true, with its reasons, the rows it rests on, the drift, the nearest help and a
    draft notice to the rescue centre. With --home the detections are kept and the alerts become findings.
    """
    from headwater.node import watch_alerts, watch_keep

    with bar("watching") as progress:
        done = watch_alerts.raise_alerts(file, context, out, form=form, draw=draw, drafts=drafts, progress=progress)
    if home is not None:
        with session_at(home, user, purpose) as (node, session):
            done.findings = watch_keep.keep_file(node, session, form, file, context)
    document = done.document()
    lines = [
        f"{one['at']}  {shown(_LANES[one['lane']])}  {shown(one['kind'])}  {scored(one['score'], 2)}: {'; '.join(map(sentence, one['reasons']))}"
        for one in done.alerts
    ]
    door.answer(document, [*lines, *told(document)], as_json=as_json)


@watch.command(
    epilog="Example: headwater watch forecast ais.csv --line border.geojson --horizon 600 --out crossings.jsonl"
)
@click.argument("file", type=FILE)
@FORM
@PLACED
@click.option("--line", required=True, type=FILE, help="GeoJSON with a LineString.")
@click.option("--horizon", required=True, type=click.FloatRange(1, 86400), help="How far to look ahead, s.")
@click.option(
    "--every", default=60.0, show_default=True, type=click.FloatRange(1, 86400), help="Time between forecasts, s."
)
@click.option("--out", required=True, type=options.TO_WRITE, help="File for the forecasts, one JSON line each.")
@options.as_json
def forecast(
    *,
    file: Path,
    form: str,
    context: Path | None,
    line: Path,
    horizon: float,
    every: float,
    out: Path,
    as_json: bool,
) -> None:
    """Forecast whether and when each track in FILE crosses a line."""
    from headwater.node import watch_routes

    with bar("forecasting") as progress:
        found = watch_routes.forecast(
            file, line, out, horizon_s=horizon, every_s=every, form=form, context=context, progress=progress
        )
    document = found.document()
    door.answer(document, told(document), as_json=as_json)


@watch.command(epilog="Example: headwater watch drift case.json --out particles.csv")
@click.argument("case", type=FILE)
@click.option("--out", required=True, type=options.TO_WRITE, help="File for the particles, CSV with lon and lat.")
@options.as_json
def drift(*, case: Path, out: Path, as_json: bool) -> None:
    """Reckon where an object on the water may have drifted (leeway, US Coast Guard)."""
    from headwater.node import watch_routes

    document = watch_routes.drift_file(case, out)
    centre = document["centre"]
    text = shown(
        "{count} particles after {hours:g} h, about {lat} N {lon} E",
        count=document["particles"],
        hours=document["hours"],
        lat=centre["lat"],
        lon=centre["lon"],
    )
    door.answer({"read": 1, "rejected": 0, "tracks": 0, "alerts": 0, **document}, [text], as_json=as_json)


@watch.command(epilog="Example: headwater watch routes ais.csv --out routes.json --base-until 86400")
@click.argument("file", type=FILE)
@FORM
@PLACED
@click.option("--out", required=True, type=options.TO_WRITE, help="File for stops, corridors, links and changes, JSON.")
@click.option("--resolution", default=8, show_default=True, type=click.IntRange(0, 15), help="H3 resolution.")
@click.option(
    "--fastest", default=40.0, show_default=True, type=click.FloatRange(0.1, 400), help="Highest believable speed, m/s."
)
@click.option(
    "--least-tracks", default=3, show_default=True, type=click.IntRange(1), help="Tracks that make a corridor."
)
@click.option("--base-until", type=float, help="End of the base period, s from the start; changes are told against it.")
@options.as_json
def routes(
    *,
    file: Path,
    form: str,
    context: Path | None,
    out: Path,
    resolution: int,
    fastest: float,
    least_tracks: int,
    base_until: float | None,
    as_json: bool,
) -> None:
    """Mine stops, corridors and their change from the tracks in FILE."""
    from headwater.engines.watch.routes import RouteOptions
    from headwater.node import watch_routes

    chosen = RouteOptions(resolution=resolution, fastest_ms=fastest, least_tracks=least_tracks, base_until_s=base_until)
    document = watch_routes.routes(file, out, chosen, form=form, context=context)
    made = {name: document[name] for name in ("stops", "corridors", "changes")}
    counts = shown("{stops} stops, {corridors} corridor cells, {changes} changes", **made)
    door.answer(document, [counts, *told(document)], as_json=as_json)


@watch.command(
    epilog="Example: headwater watch relay --sapient-port 5001 --cot-port 8087 --context context.json --dir post"
)
@click.option("--sapient-port", type=click.IntRange(0, 65535), help="Port for SAPIENT nodes.")
@click.option("--cot-port", type=click.IntRange(0, 65535), help="Port for Cursor on Target clients.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; others only if you say so.")
@click.option("--context", type=FILE, help="What the post knows of its place and hour; without it nothing is alerted.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder for the journal and the alerts."
)
@options.as_json
def relay(
    *,
    sapient_port: int | None,
    cot_port: int | None,
    host: str,
    context: Path | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Take SAPIENT and CoT live, alert, and relay; a restart loses no alert.

    Detections are in the journal before they are acknowledged, and alerts on the disk before they are sent. On a restart the
    journal is read again, and clients get every alert that still holds.
    """
    from headwater.node import watch_relay

    if sapient_port is None and cot_port is None:
        raise click.UsageError("name --sapient-port, --cot-port or both")
    counts = watch_relay.serve(
        host, sapient_port, cot_port, context, folder, ready=lambda ports: door.say(f"listening {ports}", err=True)
    )
    lines = [f"{count} {name}" for name, count in counts.items() if name != "clock_ahead_s"]
    lines += [f"  clock: sensor {name} is {ahead:.0f} s ahead" for name, ahead in counts["clock_ahead_s"].items()]
    door.answer(counts, lines, as_json=as_json)


@watch.command(epilog="Example: headwater watch send detections.csv --context context.json --to 127.0.0.1:5001")
@click.argument("file", type=FILE)
@click.option("--context", required=True, type=FILE, help="Where the metres and seconds of FILE begin, JSON.")
@click.option("--to", "target", required=True, metavar="HOST:PORT", help="The SAPIENT node to report to.")
@click.option(
    "--speed", default=0.0, show_default=True, type=click.FloatRange(0), help="Times the true pace; 0 is at once."
)
@options.as_json
def send(*, file: Path, context: Path, target: str, speed: float, as_json: bool) -> None:
    """Report the detections in FILE to a SAPIENT node, as an edge node does."""
    from headwater.node import watch_send

    with bar("reporting") as progress:
        document = watch_send.send_file(file, context, target, speed=speed, progress=progress)
    door.answer(document, [shown("{count} detections reported", count=document["sent"])], as_json=as_json)


watch_kept.add_to(watch)
