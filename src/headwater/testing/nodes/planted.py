"""The command with a known fault in it: python -m headwater.testing.nodes.planted FAULT node serve --home DIR."""

import runpy
import sys

from headwater.testing.nodes.plants import plant

if __name__ == "__main__":
    plant(sys.argv.pop(1))
    runpy.run_module("headwater", run_name="__main__", alter_sys=True)
