"""Reading an answer's body up to a size and a moment, whatever the peer does."""

import time

import requests
import urllib3

CHUNK_BYTES = 16 * 1024


class BodyTooLarge(requests.RequestException):
    """The body is longer than we are willing to hold."""


class BodyTooSlow(requests.RequestException):
    """The body did not end in time."""


def read_limited(
    response: requests.Response, *, limit_bytes: int, deadline: float
) -> bytes:
    """The whole body of a response that was opened with `stream=True`.

    `deadline` is a moment of `time.monotonic()`. Each read returns what one receive
    brought, so a peer that drips single bytes is noticed at the deadline and not
    when it tires. Raises `BodyTooLarge`, `BodyTooSlow` or another
    `requests.RequestException`; a connection that was not read to its end is closed.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := _read_some(response):
            size += len(chunk)
            if size > limit_bytes:
                raise BodyTooLarge("the answer is too large")
            chunks.append(chunk)
            if time.monotonic() > deadline:
                raise BodyTooSlow("the answer takes too long")
    except requests.RequestException:
        response.close()
        raise
    response.raw.release_conn()
    return b"".join(chunks)


def _read_some(response: requests.Response) -> bytes:
    try:
        chunk: bytes = response.raw.read1(CHUNK_BYTES, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.ConnectionError("the answer broke off") from error
    return chunk
