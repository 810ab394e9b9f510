"""A warm test runner: started once, it tries many edits of the program without starting anew.

Two modes. `swap` collects the tests once and forks for each edit; the child puts the edited function
bodies into the living functions. Fast, right for most edits inside functions, used to reject.
`reload` forks where a run of pytest is about to import the first edited file; the child goes on from there
with the edited files served from memory. Slower, right for every edit of a module, used before an edit survives.

One JSON object a line both ways. Requests: `{"op": "check", "number", "files": {path: [[start, end,
text], ...]}, "tests": [ids], "stop": bool, "wall": s, "cpu": s}` and `{"op": "stop"}`. Answers carry
the request's `number`, `ended`, `outcomes` (pairs of id and outcome, in the order run) and `cpu`.
In mode `swap` there is `{"op": "many", "entries": [{"files", "tests"}, ...], "wall", "cpu"}` as well,
with limits for each entry, answered by `answers`, one for each entry; and `{"op": "behave", "variants":
[files, ...], "tests", "inputs": count, "wall", "cpu", "wall_each", "cpu_each"}`, answered by `inputs` and
`behaviours`: those of the program as it is, the same again, and those of each variant.
"""

import fcntl
import json
import os
import resource
import sys

import macrohard_inside_hooks as hooks
import macrohard_inside_relocation as relocation
import pytest
from macrohard_inside_lines import Lines
from macrohard_inside_paths import Workspace
from macrohard_inside_reload import ReloadServer
from macrohard_inside_session import SwapServer


class Channel(Lines):
    """The socket the Machine gave us."""

    def __init__(self, descriptor):
        # The tests may close the low descriptors; nothing of theirs is that high.
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        super().__init__(_move_high(descriptor, min(hard, 4096)))

    def serve(self, check):
        """Answer requests until the other side closes the channel or says stop."""
        while True:
            request = self.receive()
            if request is None or request["op"] == "stop":
                return
            answer = check(request)
            answer["number"] = request["number"]
            self.send(answer)


def _move_high(descriptor, limit):
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, max(limit - 20, 20))
    os.close(descriptor)
    return high


def main(options):
    hooks.find()
    channel = Channel(int(os.environ.pop("MACROHARD_CHANNEL_FD")))
    workspace = Workspace(options["root"])
    # As `python -m pytest` does: the current directory first. Our own folder goes last, and shadows nothing.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.getcwd(), *(entry for entry in sys.path if os.path.abspath(entry or ".") != here), here]
    relocation.relocate(options["original"], options["root"])
    if options["mode"] == "reload":
        ReloadServer(channel, workspace, options["arguments"]).loop(options.get("preload") or [])
        return
    paths = list(dict.fromkeys(name.partition("::")[0] for name in options["tests"]))
    server = SwapServer(channel, workspace)
    code = pytest.main(
        [*options["arguments"], *(os.path.join(workspace.folder, path) for path in paths)], plugins=[server]
    )
    channel.send({"ready": False, "reason": "pytest ended with status %d" % int(code)})


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
