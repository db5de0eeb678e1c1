"""Limits of scan files, looked at before anything is allocated, and the way to a library that is not installed."""

from typing import Final, NoReturn

from headwater.errors import LimitError, MissingExtraError, Place, SchemaError

MAX_SCAN_BYTES: Final = 2 * 1024**3
"""Bytes of one file."""
MAX_PIXELS: Final = 200_000_000
"""Pixels of one page: a 60 m train at 1 mm has 60 million."""
MAX_PAGES: Final = 4
MAX_RATIO: Final = 1_100
"""Bytes out for each byte in; deflate cannot exceed 1,032."""
MAX_SIDECAR_BYTES: Final = 1024 * 1024


def check_size(size: int, file: str) -> None:
    """Refuse a file that is too large.

    Raises:
        LimitError: it has more than 2 GB.
    """
    if size > MAX_SCAN_BYTES:
        raise LimitError(f"a file over {MAX_SCAN_BYTES} bytes", where=file)


def check_claim(width: int, height: int, planes: int, bytes_each: int, size: int, file: str) -> None:
    """Refuse what a header claims before memory is taken for it.

    Args:
        width: as the header says, and so
        height: the rows,
        planes: the samples of a pixel,
        bytes_each: and the bytes of a sample.
        size: bytes of the file.
        file: its name.

    Raises:
        LimitError: more than 200 megapixels, or more than 1,100 times what the file could hold.
    """
    if width * height > MAX_PIXELS:
        raise LimitError(f"a page over {MAX_PIXELS} pixels", where=file)
    if width * height * planes * bytes_each > size * MAX_RATIO:
        raise LimitError(f"it claims more than {MAX_RATIO} times its own bytes", where=file)


def no_codec(codec: str, error: ModuleNotFoundError | None = None) -> NoReturn:
    """Refuse a compression for which no decoder is installed.

    Raises:
        MissingExtraError: always; the text names the codec.
    """
    refused = MissingExtraError("scan", codec)
    refused.what = f"no decoder for {codec} is installed"
    refused.fix = f"let the scanner write uncompressed or deflate, or install a decoder for {codec}"
    raise refused from error


def schema(what: str, file: str, field: str) -> SchemaError:
    """Return the error of a field that is wrong."""
    return SchemaError(what, where=Place(file=file, field=field))
