"""What a spare launcher has ready before anybody asks for a Machine: all that doesn't depend on the folder.

Those are its namespaces, the mounts that are empty yet or show what all Machines see, and a child that is in a
control group already. It is told on the socket to its zygote whose launcher it
becomes, and has had nothing to do with any other Machine by then.
"""

import socket
from typing import Any

import birth
import control_groups
import mounts
import protocol
import starting

FIRST_COMMAND = "ahead"
READY = b"r"


class Ahead:
    """What the spare launcher has; made in its own process. Where it is ended unused, all of it goes away with it."""

    def __init__(self, born: birth.Birth, tasks: int) -> None:
        """`tasks`: how many threads the first command may have. Raises OSError where any of it can't be had here."""
        recipe: dict[str, Any] = born.recipe
        mounts.enter_namespaces()
        self.starter: starting.Starter | None = None
        if isinstance(born.groups, control_groups.Groups):
            # Its way into the group takes longer than all the rest, and goes on meanwhile.
            group = born.groups.make(f"{born.name}-{FIRST_COMMAND}", recipe["memory_bytes"], tasks)
            self.starter = starting.Starter(group, born.user, birth.prctl)
        self.base = mounts.Base(recipe)
        self.base.make_ahead()

    def wait(self, sock: socket.socket) -> socket.socket | None:
        """The socket to the Machine's opener; None when the zygote has ended."""
        sock.send(READY)
        birth.call_it(birth.SPARE_NAME)
        receiver = protocol.Receiver()
        with sock:
            while (arrived := receiver.next()) is None:
                if not receiver.feed(sock):
                    return None
        return socket.socket(fileno=arrived[2][0])
