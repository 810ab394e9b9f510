"""Messages on a stream: four bytes of length, then the pickled message.

Pickle, because both ends are this program, started by one another over a socket that nobody else can open.
"""

import pickle
import struct
from typing import Any

HEADER = struct.Struct(">I")
MAX_BYTES = 256 * 1024 * 1024


class TooLarge(Exception):
    """A message would be larger than the other end would take."""


def framed(message: object) -> bytes:
    """The bytes of a message. Raises TooLarge."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    if len(body) > MAX_BYTES:
        raise TooLarge(f"a message of {len(body)} bytes")
    return HEADER.pack(len(body)) + body


def length_of(header: bytes) -> int:
    """How many bytes follow. Raises TooLarge, so that a torn stream can't have memory reserved without end."""
    (length,) = HEADER.unpack(header)
    if length > MAX_BYTES:
        raise TooLarge(f"a message of {length} bytes")
    return length


def unframed(body: bytes) -> Any:
    return pickle.loads(body)
