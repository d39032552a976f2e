"""Which Spark this package works with."""

from __future__ import annotations

import re
from typing import Any, Optional

from ..errors import InvalidArgument

OLDEST = (3, 5)
_NEEDED = "vidi.spark needs Spark 3.5 or later"


def _check(what: str, version: str) -> None:
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if not numbers or (int(numbers[1]), int(numbers[2])) < OLDEST:
        raise InvalidArgument(f"{what} is {version}: {_NEEDED}")


def check_version(spark: Optional[Any] = None) -> None:
    """Of pyspark, and of the cluster that the session `spark` talks to.

    Raises InvalidArgument: pyspark is missing, either is older than 3.5, or the session is one of Spark Connect, which has
    no SparkContext.
    """
    try:
        import pyspark
    except ImportError as missing:
        raise InvalidArgument(f"pyspark is not installed: {_NEEDED} (pip install 'vidi[spark]')") from missing
    _check("pyspark", pyspark.__version__)
    if spark is None:
        return
    _check("the session's Spark", spark.version)
    try:
        spark.sparkContext  # noqa: B018
    except Exception as none:
        raise InvalidArgument("vidi.spark needs a session with a SparkContext; this one is of Spark Connect") from none
