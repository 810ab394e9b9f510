"""The kinds of Machine, by strength of isolation."""

from enum import StrEnum


class Tier(StrEnum):
    """How strongly a Machine is isolated. The value is what the command line and every report print."""

    VM = "vm"
    NAMESPACE = "namespace"
    PROCESS = "process"
