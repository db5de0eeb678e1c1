"""Apache Spark, for what does not fit one machine: a session that headwater's engines can work in.

Where it runs is Spark's own affair: ``spark-defaults.conf`` or ``SPARK_CONF_DIR`` name a cluster; without them it is
this machine, all cores.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from headwater.errors import MissingExtraError
from headwater.node.scratch import scratch

EXTRA: Final = "spark"
PARTITIONS_ENV: Final = "SPARK_SQL_SHUFFLE_PARTITIONS"
"""Pieces that Spark cuts its work into; without it one for each core here, for a large cluster some hundreds."""
MEMORY_ENV: Final = "SPARK_DRIVER_MEMORY"
"""Memory of the Java process that leads the work, as Spark's own scripts name it; without it 2 GB."""
_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": "-Dlog4j2.level=ERROR -Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


@contextmanager
def splink_on_spark() -> Iterator[Callable[[], Any]]:
    """Yield what makes Splink's interface to one Spark session, which ends with the block.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
    """
    need_spark()
    from splink.backends.spark import SparkAPI, similarity_jar_location

    interface: Any = SparkAPI
    with _session("headwater link", {"spark.jars": similarity_jar_location()}) as session:
        yield lambda: interface(
            spark_session=session, break_lineage_method="persist", register_udfs_automatically=False
        )


@contextmanager
def ibis_on_spark() -> Iterator[Any]:
    """Yield an Ibis backend on a Spark session, which ends with the block.

    Raises:
        MissingExtraError: pyspark, Ibis or Java is not installed.
    """
    need_spark()
    try:
        import ibis
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "ibis-framework") from error
    with _session("headwater trace", {}) as session:
        yield ibis.pyspark.connect(session)


@contextmanager
def frames_on_spark(title: str) -> Iterator[Any]:
    """Yield a Spark session for work that is cut into rows, which ends with the block.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
    """
    need_spark()
    with _session(title, {}) as session:
        yield session


def need_spark() -> None:
    """Refuse to go on without Spark and the Java that it runs on.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
    """
    if find_spec("pyspark") is None:
        raise MissingExtraError(EXTRA, "pyspark")
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        error = MissingExtraError(EXTRA, "java")
        error.what = "Spark needs Java 17 or later, and there is none on the path or in JAVA_HOME"
        error.fix = "install a Java runtime, on Debian: apt install openjdk-17-jre-headless"
        raise error


@contextmanager
def _session(title: str, more: dict[str, str]) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with scratch(None) as folder:
        builder: Any = SparkSession.builder
        builder = (
            builder.appName(title).config("spark.sql.warehouse.dir", str(folder)).config("spark.local.dir", str(folder))
        )
        builder = builder.config(
            "spark.sql.shuffle.partitions", os.environ.get(PARTITIONS_ENV) or str(os.cpu_count() or 1)
        )
        builder = builder.config("spark.driver.memory", os.environ.get(MEMORY_ENV, "2g"))
        for name, value in {**_SETTINGS, **more}.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            session.sparkContext.setLogLevel("ERROR")
            yield session
        finally:
            session.stop()
