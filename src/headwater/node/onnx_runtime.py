"""ONNX Runtime, and that it tells nobody: the one place that imports it.

Since 1.3x its wheels for Linux bear a telemetry client, which begins with the import: it draws an identifier for the machine,
keeps it and what is to be told in the user's cache, and sends that to the maker. What a border post scans, and when, is nobody's
business; the library reads the variable below before it begins.
"""

import os
from typing import Any, Final

from headwater.errors import MissingExtraError

SILENCE: Final = "ORT_DISABLE_TELEMETRY"


def onnx_runtime(extra: str) -> Any:  # noqa: ANN401 - a module without types
    """Return the library.

    Args:
        extra: the extra that brings it, named where it is missing.

    Raises:
        MissingExtraError: it is not installed.
    """
    os.environ[SILENCE] = "1"
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise MissingExtraError(extra, error.name or "onnxruntime") from error
    return onnxruntime
