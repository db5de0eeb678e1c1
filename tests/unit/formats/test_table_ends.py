"""A process that has refused a table ends as it says, though Arrow still waited for a slow disk when it did."""

import subprocess
import sys

REFUSED = """
import io, time
from headwater.errors import FormatError
from headwater.formats import table_csv

class Slow(io.BytesIO):
    def read(self, size=-1):
        time.sleep(0.02)
        return super().read(size)

bad = {bad}
data = b"a,b\\n" * 10 + (b"a,b,c\\n" if bad == "first" else b"") + b"a,b\\n" * (5 << 20) + (b"a,b,c\\n" if bad == "second" else b"")
try:
    for block in table_csv._blocks(Slow(data + b"a,b\\n" * (5 << 20)), ["x", "y"], "f.csv"):
        pass
except FormatError as error:
    kept = error  # as whoever tells of it keeps it
    raise SystemExit(65)
"""


def test_a_process_that_refuses_a_table_is_not_aborted_by_what_reads_ahead() -> None:
    for bad in ("first", "second"):
        done = subprocess.run(
            [sys.executable, "-c", REFUSED.replace("{bad}", repr(bad))], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (65, ""), bad
