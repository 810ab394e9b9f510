"""Messages between a Machine's launcher and the program that opened it.

One message is two lengths (big endian, 4 bytes each), a JSON object, and a blob of bytes that the
object describes. File descriptors travel with the first byte of the message whose `fds` counts them.
Both sides use this module; the launcher's imports nothing but the standard library.
"""

import array
import json
import socket
import struct
from typing import Any

HEADER = struct.Struct(">II")
MAX_MESSAGE_BYTES = 1 << 30
MAX_FDS_PER_MESSAGE = 8
READ_BYTES = 1 << 16

Message = dict[str, Any]


class ProtocolError(Exception):
    """The other side sent something that is not a message."""


def pack(message: Message, blob: bytes = b"") -> bytes:
    head = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(head) + len(blob) > MAX_MESSAGE_BYTES:
        raise ProtocolError("a message to a Machine can't be larger than 1 GiB: send fewer files at once")
    return HEADER.pack(len(head), len(blob)) + head + blob


class Receiver:
    """Collects bytes and descriptors from the socket, and gives back whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._fds: list[int] = []

    def feed(self, sock: socket.socket) -> bool:
        """Read what is there (blocks where the socket does). False at the end of the stream."""
        size = array.array("i").itemsize * MAX_FDS_PER_MESSAGE
        data, ancillary, _, _ = sock.recvmsg(READ_BYTES, socket.CMSG_LEN(size), socket.MSG_CMSG_CLOEXEC)
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
                self._fds.extend(fds)
        self._buffer += data
        return bool(data)

    def next(self) -> tuple[Message, bytes, list[int]] | None:
        """The next whole message with its blob and descriptors, or None until more has been read."""
        if len(self._buffer) < HEADER.size:
            return None
        head_size, blob_size = HEADER.unpack_from(self._buffer)
        if head_size + blob_size > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of {head_size + blob_size} bytes")
        end = HEADER.size + head_size + blob_size
        if len(self._buffer) < end:
            return None
        message: Message = json.loads(self._buffer[HEADER.size : HEADER.size + head_size])
        blob = bytes(memoryview(self._buffer)[HEADER.size + head_size : end])
        del self._buffer[:end]
        count = int(message.get("fds", 0))
        fds, self._fds = self._fds[:count], self._fds[count:]
        if len(fds) != count:
            raise ProtocolError("descriptors are missing")
        return message, blob, fds
