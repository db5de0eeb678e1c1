"""A PostgreSQL server of the tests' own, in a folder of theirs: started when first asked for, gone with the tests."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
USER = "headwater"
_NUMBERS = itertools.count()


class Server:
    """A running server, reached through a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = BINARIES[-1]

    def call(self, program: str, *words: str) -> None:
        """Run one of the server's programs; a server never runs as root, so there it is started as another user."""
        command = [str(self._bin / program), *words]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid", OTHER, "--regid", OTHER, "--clear-groups", *command]
        env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, cwd=self.folder)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def make(self) -> None:
        """Make the cluster, durable as its defaults are, with another collation than bytes where there is one."""
        self.call(
            "initdb", "--pgdata", str(self.folder / "data"), "--username", USER, "--auth", "trust", "--encoding", "UTF8"
        )

    def start(self) -> None:
        """Start it, reached through a socket alone."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c shared_buffers=32MB"
        self.call(
            "pg_ctl",
            "--pgdata",
            str(self.folder / "data"),
            "--wait",
            "--log",
            str(self.folder / "log"),
            "-o",
            options,
            "start",
        )

    def stop(self, how: str = "fast") -> None:
        """Stop it: ``fast`` ends what runs, ``immediate`` is as a power cut."""
        self.call("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--mode", how, "stop")

    def database(self) -> str:
        """Name a schema of its own for one more store."""
        import psycopg

        name = f"node_{os.getpid()}_{next(_NUMBERS)}"
        whole = f"postgresql://{USER}@/postgres?host={self.folder}"
        with psycopg.connect(whole, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{whole}&options=-csearch_path%3D{name}"


OTHER = "postgres" if any(each.pw_name == "postgres" for each in pwd.getpwall()) else "nobody"


@contextmanager
def server() -> Iterator[Server]:
    """Yield a running server."""
    folder = Path(tempfile.mkdtemp(prefix="hw-pg-"))  # a socket's path is short
    if os.geteuid() == 0:
        shutil.chown(folder, OTHER)
    folder.chmod(0o755)
    made = Server(folder)
    try:
        made.make()
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
