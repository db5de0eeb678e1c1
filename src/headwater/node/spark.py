"""Apache Spark, for what does not fit one machine: a session that headwater's engines can work in.

Where it runs is Spark's own affair: ``spark-defaults.conf`` or ``SPARK_CONF_DIR`` name a cluster; without them it is
this machine, all cores.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Final

from headwater.errors import MissingExtraError

EXTRA: Final = "spark"
PARTITIONS_ENV: Final = "SPARK_SQL_SHUFFLE_PARTITIONS"
"""Pieces that Spark cuts its work into; without it one for each core here, for a large cluster some hundreds."""
_QUIET: Final = "-Dlog4j2.level=ERROR -Dorg.slf4j.simpleLogger.defaultLogLevel=error"


def need_spark() -> None:
    """Refuse to go on without Spark and the Java that it runs on.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
    """
    if find_spec("pyspark") is None:
        raise MissingExtraError(EXTRA, "pyspark")
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")  # noqa: PTH118 - a search path
    if found is None:
        error = MissingExtraError(EXTRA, "java")
        error.what = "Spark needs Java 17 or later, and there is none on the path or in JAVA_HOME"
        error.fix = "install a Java runtime, on Debian: apt install openjdk-17-jre-headless"
        raise error


@contextmanager
def splink_on_spark() -> Iterator[Callable[[], Any]]:
    """Yield what makes Splink's interface to one Spark session, which ends with the block.

    Raises:
        MissingExtraError: pyspark or Java is not installed.
    """
    need_spark()
    from pyspark.sql import SparkSession
    from splink.backends.spark import SparkAPI, similarity_jar_location

    with tempfile.TemporaryDirectory(prefix="headwater-spark-") as folder:
        builder: Any = SparkSession.builder
        session = (
            builder.appName("headwater link")
            .config("spark.jars", similarity_jar_location())
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.driver.extraJavaOptions", _QUIET)
            .config("spark.sql.shuffle.partitions", os.environ.get(PARTITIONS_ENV) or str(os.cpu_count() or 1))
            .config("spark.sql.warehouse.dir", folder)
            .config("spark.sql.execution.arrow.pyspark.enabled", "true")
            .getOrCreate()
        )
        try:
            session.sparkContext.setLogLevel("ERROR")
            interface: Any = SparkAPI
            yield lambda: interface(
                spark_session=session, break_lineage_method="persist", register_udfs_automatically=False
            )
        finally:
            session.stop()
