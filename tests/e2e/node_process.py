"""One node as a process: its exchange behind real HTTP, delivering while it serves.  node_process.py HOME AUTHORITY PORT"""

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId
from headwater.store import Store
from headwater.web.partner import partner_app, serve


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SystemChance:
    """The machine's chance."""

    def draw(self, count: int) -> bytes:
        return os.urandom(count)


def main(home: Path, me: str, port: int) -> None:
    clock, chance = SystemClock(), SystemChance()
    store = Store.open(home, clock=clock, chance=chance)
    exchange = Exchange(store, Keys(home), clock, chance, AuthorityId(me))
    stop = threading.Event()
    delivery = threading.Thread(target=exchange.deliver, args=(stop,))
    delivery.start()
    serve(partner_app(exchange), "127.0.0.1", port)
    stop.set()
    delivery.join()
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
