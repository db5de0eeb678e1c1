"""Apache Spark on this machine or a cluster, for tables that one machine does not hold: the same expressions, as asked."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from headwater.errors import MissingExtraError

MASTER_ENV: Final = "HEADWATER_SPARK_MASTER"
"""Where Spark runs, for example ``spark://host:7077``; without it, in this process and its Java machine."""
_SETTINGS: Final = {
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


@contextmanager
def spark_backend(folder: Path) -> Iterator[Any]:
    """Yield an Ibis backend on Spark, and stop it afterwards.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
    """
    session = _session(folder)
    try:
        import ibis

        yield ibis.pyspark.connect(session)
    finally:
        session.stop()


def _session(folder: Path) -> Any:  # noqa: ANN401 - the library's types are not installed everywhere
    home = os.environ.get("JAVA_HOME", "")
    if not shutil.which("java") and not (home and (Path(home) / "bin" / "java").exists()):
        error = MissingExtraError("spark", "Java 17")
        error.fix = "install a Java 17 runtime (on Debian: apt install openjdk-17-jre-headless) or set JAVA_HOME"
        raise error
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise MissingExtraError("spark", error.name or "pyspark") from error
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    made = SparkSession.builder.appName("headwater trace").master(os.environ.get(MASTER_ENV, "local[*]"))
    for name, value in _SETTINGS.items():
        made = made.config(name, value)
    made = made.config("spark.sql.warehouse.dir", str(folder / "warehouse")).config("spark.local.dir", str(folder))
    session = made.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
