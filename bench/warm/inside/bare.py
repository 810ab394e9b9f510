"""The bare limit: collect once, then fork, run the tests, wait. No edit, no report, no protection from the tests.

Each line on the channel is a number: so many forks, one after the other, answered by a line. Runs in the
library's interpreter.
"""

import gc
import os
import sys
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol


class Bare:
    def __init__(self, channel):
        self.channel = channel

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        gc.collect()
        gc.freeze()
        with os.fdopen(self.channel, "rb+", buffering=0) as channel:
            channel.write(b"ready\n")
            while line := channel.readline():
                for _ in range(int(line)):
                    self.run(session.items)
                channel.write(b"done\n")
        return True

    def run(self, items):
        pid = os.fork()
        if pid == 0:
            for item, following in zip(items, [*items[1:], None], strict=True):
                runtestprotocol(item, nextitem=following, log=False)
            os._exit(0)
        os.waitpid(pid, 0)


sys.path.insert(0, str(Path.cwd()))
sys.exit(pytest.main(sys.argv[1:], plugins=[Bare(int(os.environ.pop("MACROHARD_CHANNEL_FD")))]))
