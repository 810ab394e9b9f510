"""Lines of JSON over a descriptor, both ways, for one process and none of its children."""

import json
import os
import select
import time

import macrohard_inside_fork as forking


class Lines:
    """Made of a bare descriptor: a socket object would close the number again when something else has it."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self._pending = b""
        forking.private.add(descriptor)

    def send(self, value):
        data = (json.dumps(value) + "\n").encode()
        while data:
            data = data[os.write(self.descriptor, data) :]

    def receive(self, deadline=None):
        """The next value, or None when the other side is gone. Raises TimeoutError after the deadline."""
        while b"\n" not in self._pending:
            if deadline is not None:
                left = max(deadline - time.monotonic(), 0.0)
                if not select.select([self.descriptor], [], [], left)[0]:
                    raise TimeoutError
            try:
                chunk = os.read(self.descriptor, 1 << 16)
            except OSError:
                return None
            if not chunk:
                return None
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return json.loads(line)

    def close(self):
        forking.private.discard(self.descriptor)
        os.close(self.descriptor)
