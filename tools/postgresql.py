"""A PostgreSQL server of our own, for tests and measurements: in a new folder, reached through a socket, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BINARIES: Final = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Where Debian puts a server's programs, the newest version last; empty where none is installed."""
USER: Final = "headwater"
_OTHER: Final = "postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody"


class ServerError(RuntimeError):
    """A program of the server ended otherwise than well."""


class Server:
    """A server in a folder."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """Keep it in a folder that exists; one that is not durable keeps nothing over a power cut and is quicker."""
        self.folder = folder
        self._durable = durable
        self._bin = BINARIES[-1]

    def call(self, program: str, *words: str) -> None:
        """Run one of the server's programs; a server never runs as root, so there it is started as another user.

        Raises:
            ServerError: it failed; what it said is in the text.
        """
        command = [str(self._bin / program), *words]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", _OTHER, "--regid", _OTHER, "--clear-groups", *command]
        env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=self.folder)
        if done.returncode:
            raise ServerError(f"{program}: {done.stdout}{done.stderr}")

    def make(self) -> None:
        """Make the cluster, durable as its defaults are, with another collation than bytes where there is one."""
        data = str(self.folder / "data")
        self.call("initdb", "--pgdata", data, "--username", USER, "--auth", "trust", "--encoding", "UTF8")

    def start(self) -> None:
        """Start it, reached through a socket alone."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c shared_buffers=32MB"
        if not self._durable:
            options += " -c fsync=off -c full_page_writes=off -c autovacuum=off"
        log = str(self.folder / "log")
        self.call("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--log", log, "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it: ``fast`` ends what runs, ``immediate`` is as a power cut."""
        self.call("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--mode", how, "stop")

    def database(self, schema: str) -> str:
        """Name a schema of its own as a database."""
        return f"{self.url}&options=-csearch_path%3D{schema}"

    @property
    def url(self) -> str:
        """The database that all schemas are in."""
        return f"postgresql://{USER}@/postgres?host={self.folder}"

    @property
    def process(self) -> int:
        """The number of its first process, whose children are the others."""
        return int((self.folder / "data" / "postmaster.pid").read_text("ascii").split()[0])


@contextmanager
def server(*, durable: bool = True) -> Iterator[Server]:
    """Yield a running server; one that need not be durable lies in memory where the machine has some."""
    memory = "/dev/shm" if not durable and Path("/dev/shm").is_dir() else None  # noqa: S108 - a new folder of our own in it
    folder = Path(tempfile.mkdtemp(prefix="hw-pg-", dir=memory))  # a socket's path is short
    if os.geteuid() == 0:
        shutil.chown(folder, _OTHER)
    folder.chmod(0o755)
    made = Server(folder, durable=durable)
    try:
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
