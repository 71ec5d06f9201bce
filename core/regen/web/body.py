"""Body: what a server sends becomes bytes, decompressed, within a limit of size and of time."""

from __future__ import annotations

import http.client
import time
import zlib

_PIECE = 65_536
PACKED = frozenset({"gzip", "x-gzip"})
"""Values of Content-Encoding that are understood."""


class TooLong(Exception):  # noqa: N818 - what happened; who asked makes an error of it
    """The body is longer than the limit."""


def read_body(response: http.client.HTTPResponse, until: float, most: int) -> bytes:
    """All of an answer, decompressed: `read1` gives what has come, so that a slow sender is noticed.

    Args:
        until: when the time is over, by `time.monotonic`.
        most: bytes of it, decompressed.

    Raises:
        TooLong: it has more; at once where it says so itself.
        TimeoutError: the time was over first.
        http.client.IncompleteRead: it is cut off.
        zlib.error: it is no gzip, as it says.
    """
    packed = (response.headers.get("Content-Encoding") or "").lower() in PACKED
    unpack = zlib.decompressobj(wbits=31) if packed else None
    promised, received, size, pieces = response.length, 0, 0, []
    if unpack is None and promised is not None and promised > most:
        raise TooLong
    while piece := response.read1(_PIECE):
        received += len(piece)
        if time.monotonic() > until:
            raise TimeoutError
        while piece:
            text = unpack.decompress(piece, _PIECE) if unpack is not None else piece
            piece = unpack.unconsumed_tail if unpack is not None else b""
            size += len(text)
            if size > most:
                raise TooLong
            pieces.append(text)
    if (promised is not None and received < promised) or (unpack is not None and not unpack.eof):
        raise http.client.IncompleteRead(b"")
    return b"".join(pieces)
