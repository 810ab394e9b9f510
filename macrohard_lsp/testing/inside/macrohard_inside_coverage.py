"""Which lines of the user's files each test executes. PYTEST_DONT_REWRITE

Lines executed while no test runs (imports, collection, between tests) are kept apart.
"""

import inspect

import pytest
from macrohard_inside_tracers import ranges_of


class CoveragePerTest:
    """The pytest plugin that tells each test's lines as it ends."""

    def __init__(self, channel, tracer, canonical_id, parts):
        self._channel = channel
        self._tracer = tracer
        self._canonical_id = canonical_id
        self._by_parts = parts
        self._running = None
        channel.call_on_stack_request(self._tell_of_running)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        self._tell_outside()
        self._running = self._canonical_id(item.nodeid)
        if self._by_parts:
            self._tracer.watch(_code_of(item))
        yield
        name, self._running = self._running, None
        parts = self._tracer.parts()
        self._send(name, self._tracer.switch(), parts)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection_finish(self):
        yield
        self._tell_outside()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self):
        self._tell_outside()
        yield

    def _tell_outside(self):
        lines = self._tracer.switch()
        if lines:
            self._send(None, lines)

    def _send(self, name, lines, parts=()):
        partial, self._tracer.partial = self._tracer.partial, False
        self._channel.tell("lines", id=name, files=ranges_of(lines), partial=partial, parts=parts)

    def _tell_of_running(self):
        """The outside asked where a test hangs: what it has executed so far goes with the answer."""
        if self._running is not None:
            files = ranges_of(self._tracer.lines())
            parts = self._tracer.parts()
            self._channel.send_from_signal("lines", id=self._running, files=files, partial=True, parts=parts)


def _code_of(item):
    """The code of the test function itself, None for what is no function."""
    try:
        return getattr(inspect.unwrap(item.obj), "__code__", None)
    except Exception:
        # Whatever stands in a test's place may raise whatever it likes.
        return None
