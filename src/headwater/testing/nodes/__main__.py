"""The command: python -m headwater.testing.nodes --kills N."""

import signal
import sys

from headwater.testing import nodes, report


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = report.parser(nodes.__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how many node processes are killed")
    parser.add_argument("--plant", choices=nodes.PLANTS, help="a known fault, which must be found")
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that no node is left behind
    return report.tell(nodes.run(given.kills, plant=given.plant, seed=given.seed), as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
