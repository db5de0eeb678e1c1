"""A process that writes to a shared store and tells what was acknowledged.  postgres_writer.py HOME DATABASE NAME COUNT"""

import sys
import time
from pathlib import Path

from headwater.errors import StoreError
from headwater.ports import Event
from headwater.store import Store, StoreOptions
from tests.e2e.node_process import SystemChance, SystemClock


def main(home: Path, database: str, name: str, count: int) -> None:
    """Note numbered events one after another; print each number once it is durable, and go on after a refusal."""
    options = StoreOptions(database=database)
    store = Store.open(home, clock=SystemClock(), chance=SystemChance(), options=options)
    for number in range(count):
        try:
            store.note(Event("test.written", name, f"{name}-{number}"))
        except StoreError:
            time.sleep(
                0.2
            )  # the server is away: what was refused is not written again, so that nothing can be there twice
        else:
            print(number, flush=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
