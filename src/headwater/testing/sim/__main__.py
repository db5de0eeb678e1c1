"""The command: python -m headwater.testing.sim --seeds A:B."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from headwater.errors import SettingsError
from headwater.testing import sim
from headwater.testing.sim.world import World

_HASH_SEED: Final = "PYTHONHASHSEED"


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; exit status 1 if anything was bad."""
    given = _parser().parse_args(arguments)
    try:
        mix = sim.read_mix(given.mix) if given.mix else sim.Mix()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit
    if given.trace:
        World.listener = _say
        given.processes = 1
    found, wall_s = sim.play_many(
        given.seeds, nodes=given.nodes, plant=given.plant, mix=mix, processes=min(given.processes, len(given.seeds))
    )
    bad = [{"seed": history.seed, "what": what} for history in found for what in history.bad]
    said = {
        "runs": len(found),
        "bad": bad,
        "wall_s": round(wall_s, 3),
        "cpu_s": round(sum(history.cpu_s for history in found), 3),
        "simulated_s": round(sum(history.simulated_s for history in found), 3),
        "slowest_drain_s": round(max((history.drained_s for history in found), default=0.0), 3),
        "messages": sum(history.messages for history in found),
        "traces": {str(history.seed): history.trace for history in found} if given.traces else {},
    }
    if given.json:
        sys.stdout.write(f"{json.dumps(said)}\n")
    else:
        lines = [f"seed {each['seed']}: {each['what']}" for each in bad]
        lines.append(f"{said['runs']} runs, {len(bad)} bad, {said['simulated_s']} s in {said['wall_s']} s")
        sys.stdout.write("\n".join(lines) + "\n")
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(sim.__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--seeds", type=_seeds, default=range(100), help="A:B plays the seeds from A up to, not with, B"
    )
    parser.add_argument(
        "--nodes", type=int, choices=range(2, 6), help="how many nodes; each seed draws its own if not given"
    )
    parser.add_argument("--plant", choices=sim.PLANTS, help="a known fault, which must be found")
    parser.add_argument("--mix", type=Path, help="a JSON file with fields of headwater.testing.sim.mix.Mix")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many processes play")
    parser.add_argument(
        "--traces", action="store_true", help="with --json: a hash over all that happened, for each seed"
    )
    parser.add_argument("--trace", action="store_true", help="print what happens, line by line")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


def _seeds(text: str) -> range:
    first, _, last = text.partition(":")
    found = range(int(first), int(last) if last else int(first) + 1)
    if not found:
        raise argparse.ArgumentTypeError("no seed between the two")
    return found


def _say(moment: float, what: str) -> None:
    sys.stdout.write(f"{moment:10.3f}  {what}\n")


if __name__ == "__main__":
    if os.environ.get(_HASH_SEED) != "0":
        # The order of sets would be another in each process, and with it the history.
        os.environ[_HASH_SEED] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "headwater.testing.sim", *sys.argv[1:]])  # noqa: S606 - ourselves
    raise SystemExit(main())
