"""Keeping a command's output within bounds while never making it wait."""

from collections import deque


class HeadAndTail:
    """The first half and the last half of a stream, of at most `limit` bytes together."""

    def __init__(self, limit: int) -> None:
        self._head_limit = limit // 2
        self._tail_limit = limit - limit // 2
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._discarded = 0

    def add(self, data: bytes) -> None:
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if not data:
            return
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail and self._tail_size - len(self._tail[0]) >= self._tail_limit:
            first = self._tail.popleft()
            self._tail_size -= len(first)
            self._discarded += len(first)

    @property
    def dropped(self) -> int:
        """How many bytes of the middle are left out of `value`."""
        return self._discarded + max(0, self._tail_size - self._tail_limit)

    def value(self) -> bytes:
        """What was kept, with a line in the middle that says how much is missing, where something is."""
        tail = b"".join(self._tail)
        if not self.dropped:
            return bytes(self._head) + tail
        kept = tail[len(tail) - self._tail_limit :] if self._tail_limit else b""
        return bytes(self._head) + b"\n[... %d bytes left out ...]\n" % self.dropped + kept
