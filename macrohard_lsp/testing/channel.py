"""Reads the reporter's messages from the channel, and notices when somebody else wrote to it."""

import re
import socket
import time

from macrohard_lsp.testing.messages import Message, parse_message

CHUNK_BYTES = 1 << 18
MAXIMUM_LINE_BYTES = 64 * 1024 * 1024

# What faulthandler writes when it is asked for a stack; it comes over the same channel.
_STACK_LINE = re.compile(
    rb"Stack \(most|Current thread|Thread 0x|  File |  \.\.\.|  <|  Binary file |Extension modules|\s*$"
)


class ChannelCorrupted(Exception):
    """Something that isn't the reporter wrote to the channel, so nothing on it can be believed."""


class MessageReader:
    """Splits what arrives into messages. `stack_lines` gathers stacks written on request."""

    def __init__(self, channel: socket.socket, secret: str) -> None:
        self._channel = channel
        self._secret = secret
        self._pending = bytearray()
        self._number = 0
        self._received = 0
        self.closed = False
        self.stack_lines: list[str] = []

    def receive(self, seconds: float) -> list[Message]:
        """Messages that arrive within `seconds`; none when time is up, a line is incomplete, or all is said.

        Raises ChannelCorrupted.
        """
        self._channel.settimeout(max(seconds, 0.001))
        try:
            chunk = self._channel.recv(CHUNK_BYTES)
        except TimeoutError:
            return []
        except ConnectionError:
            chunk = b""
        if not chunk:
            # What is left is a line cut short by the death of its writer.
            self.closed = True
            return []
        self._received += len(chunk)
        self._pending += chunk
        if len(self._pending) > MAXIMUM_LINE_BYTES:
            raise ChannelCorrupted("a line without an end")
        if b"\n" not in chunk:
            return []
        *lines, self._pending = self._pending.split(b"\n")
        return [message for line in lines if (message := self._message(line)) is not None]

    def receive_stack(self, seconds: float) -> tuple[list[Message], list[str]]:
        """What arrives within `seconds`; returns early once a stack is complete and the channel is quiet."""
        messages: list[Message] = []
        self.stack_lines.clear()
        deadline = time.monotonic() + seconds
        while not self.closed and (left := deadline - time.monotonic()) > 0:
            seen = self._received
            messages += self.receive(min(left, seconds / 4))
            if self.stack_lines and self._received == seen:
                break
        return messages, list(self.stack_lines)

    def _message(self, line: bytearray) -> Message | None:
        if _STACK_LINE.match(line):
            self.stack_lines.append(line.decode("utf-8", "replace"))
            return None
        try:
            message = parse_message(line)
        except ValueError as error:
            raise ChannelCorrupted(line[:200].decode("utf-8", "replace")) from error
        self._number += 1
        if message.secret != self._secret or message.number != self._number:
            raise ChannelCorrupted(f"a {message.type} message out of place")
        return message
