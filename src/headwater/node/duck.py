"""DuckDB for tables that may be larger than memory: it takes what this process may have, spills the rest, and says when it cannot."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.link.pairing import need_splink, on_duckdb
from headwater.engines.trace.sheets import need_ibis
from headwater.errors import LimitError, MissingExtraError, StoreFullError, StoreIoError

LEAST_MB: Final = 128
_SHARE: Final = 0.5
"""How much of the memory that this process may still map DuckDB takes: Arrow, Python and what DuckDB does not count need the rest."""
_THREAD_MB: Final = 256
"""Memory that each thread of DuckDB can count on while pairs are weighed: with less it gives up, although it may spill."""
_MB: Final = 1_048_576
_NO_LIMIT: Final = 2**60
"""Version 1 of control groups tells no limit as a number near 2^63."""
CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_GROUPS: Final = Path("/proc/self/cgroup")
_FULL: Final = ("no space left", "disk full", "failed to offload data block")


def duck_config(folder: Path, memory_mb: int | None) -> dict[str, Any]:
    """Return DuckDB's settings: where it spills, how much memory it takes, nothing fetched from outside.

    Args:
        folder: where it may spill.
        memory_mb: most memory, MB; None is half of what limits on this process leave, and without any as DuckDB sees fit.
    """
    found = {
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    most = memory_mb or room_mb()
    return found | ({"memory_limit": f"{most}MB", "preserve_insertion_order": "false"} if most else {})


def room_mb() -> int | None:
    """Return half of the memory, MB, that limits leave this process; None where there is no limit.

    Limits are those on its addresses (RLIMIT_AS), on its control group and on each above it (cgroups, version 2 and 1), as
    containers and services have them.
    """
    rooms = []
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most != resource.RLIM_INFINITY:
        rooms.append(most - _mapped())
    for path in _limits():
        try:
            told = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if told.isdecimal() and int(told) < _NO_LIMIT:
            rooms.append(int(told))
    return max(LEAST_MB, int(min(rooms) * _SHARE) // _MB) if rooms else None


def _limits() -> Iterator[Path]:
    """Yield where the limits of this process's control groups may stand: its own and those above it (cgroups(7))."""
    yield CGROUPS / "memory.max"
    try:
        lines = OWN_GROUPS.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, name = rest.partition(":")
        if controllers and "memory" not in controllers.split(","):
            continue
        file = "memory.limit_in_bytes" if controllers else "memory.max"
        roots = (CGROUPS / "memory",) if controllers else (CGROUPS, CGROUPS / "unified")
        parts = [part for part in name.split("/") if part not in ("", "..")]
        yield from (root.joinpath(*parts[:depth], file) for root in roots for depth in range(len(parts) + 1))


def lean() -> None:
    """Keep Arrow, under a limit on addresses, from reserving a gigabyte of them at its first allocation."""
    import pyarrow as pa

    if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
        pa.set_memory_pool(pa.system_memory_pool())


def _mapped() -> int:
    """Return the bytes that this process has mapped (proc(5), statm)."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


@contextmanager
def connection(folder: Path, memory_mb: int | None = None) -> Iterator[Any]:
    """Yield a DuckDB connection in memory that spills into a folder.

    Raises:
        MissingExtraError: DuckDB is not installed.
        LimitError: not even with spilling is there memory enough.
        StoreFullError: the disk has no room to spill.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "duckdb") from error
    with _declared():
        con = duckdb.connect(config=dict(duck_config(folder, memory_mb)))
        try:
            yield con
        finally:
            con.close()


@contextmanager
def ibis_on_duckdb(folder: Path, memory_mb: int | None = None) -> Iterator[Any]:
    """Yield an Ibis backend on DuckDB that spills into a folder.

    It is not disconnected by hand: what Ibis keeps for the run drops its own tables first, when it is let go.

    Raises:
        MissingExtraError: Ibis or DuckDB is not installed.
        LimitError: not even with spilling is there memory enough.
        StoreFullError: the disk has no room to spill.
    """
    ibis = need_ibis()
    with _declared():
        yield ibis.duckdb.connect(**duck_config(folder, memory_mb))


@contextmanager
def splink_on_duckdb(folder: Path, memory_mb: int) -> Iterator[Callable[[], Any]]:
    """Yield what makes Splink's interface to DuckDB in memory, which takes no more than so much and spills into a folder.

    Raises:
        LimitError: not even with spilling is there memory enough.
        StoreFullError: the disk has no room to spill.
    """
    need_splink()
    import duckdb
    from splink.internals.exceptions import SplinkException

    most = min(memory_mb, room_mb() or memory_mb)
    threads = max(1, min(os.cpu_count() or 1, most // _THREAD_MB))
    config = {**duck_config(folder, most), "threads": threads}
    with _declared("link fewer records at once, or on a cluster of Spark: --on spark"):
        try:
            yield lambda: on_duckdb(config)
        except SplinkException as error:
            if isinstance(error.__cause__, duckdb.Error):
                raise error.__cause__ from error  # Splink wraps what DuckDB says
            raise


@contextmanager
def _declared(fix: str = "give it more with --memory-mb, or name fewer typologies") -> Iterator[None]:
    """Turn DuckDB's own errors about memory and disk into declared ones; their texts name no row."""
    import duckdb

    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError, duckdb.IOException) as error:
        said = str(error).lower()
        if any(word in said for word in _FULL):
            what = "no room on the disk to spill what does not fit into memory"
            raise StoreFullError(what, where="tables") from error
        if isinstance(error, duckdb.IOException):
            raise StoreIoError("the disk refused while a table was worked on", where="tables") from error
        what = "the tables do not fit into the memory that is allowed, even spilled"
        raise LimitError(what, where="tables", fix=fix) from error
