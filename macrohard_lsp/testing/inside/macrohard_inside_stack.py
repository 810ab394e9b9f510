"""What a failure says of itself, whatever framework ran the test: its type, its text, its stack. PYTEST_DONT_REWRITE"""

MESSAGE_CHARACTERS = 600
MESSAGE_LINES = 12
FIRST_FRAMES = 20
LAST_FRAMES = 40
LONGEST_CHAIN = 10

_HINTS = ("...Full output truncated", "Use -v to get", "use '-vv' to show")


def shorten(text):
    lines = [line.rstrip() for line in text.strip().splitlines()]
    lines = [line for line in lines if not any(hint in line for hint in _HINTS)]
    while lines and not lines[-1]:
        lines.pop()
    short = "\n".join(lines[:MESSAGE_LINES])[:MESSAGE_CHARACTERS]
    return short + "…" if len(lines) > MESSAGE_LINES or len(short) == MESSAGE_CHARACTERS else short


def type_name(exception):
    kind = type(exception)
    return kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__


def frames_of(exception, trace, workspace, machinery):
    """The stack, outermost frame first. `machinery` are beginnings of the names of files that are not shown."""
    frames = _walk(trace, workspace, machinery)
    for _ in range(LONGEST_CHAIN):
        # An exception that ends in a library while the one it was raised from ends in the user's code:
        # the library called back, and the place to look at is in the callback.
        following = _inner(exception)
        if following is None or (frames and frames[-1][3]):
            break
        exception = following
        inner = _walk(exception.__traceback__, workspace, machinery)
        if any(frame[3] for frame in inner):
            frames = frames + inner
    if isinstance(exception, SyntaxError) and exception.filename and exception.lineno:
        path = workspace.name(exception.filename)
        if path is not None:
            frames.append([path, int(exception.lineno), "<module>", True])
    return _capped(frames)


def _inner(exception):
    grouped = getattr(exception, "exceptions", None)
    if isinstance(grouped, tuple) and grouped and isinstance(grouped[0], BaseException):
        return grouped[0]
    if exception.__cause__ is not None:
        return exception.__cause__
    return None if exception.__suppress_context__ else exception.__context__


def _walk(trace, workspace, machinery):
    """Frames from the user's outermost one inwards, without the framework's and those that ask to be hidden."""
    shown, hidden = [], []
    while trace is not None:
        code = trace.tb_frame.f_code
        filename = code.co_filename
        own = workspace.name(filename)
        started = bool(shown or hidden)
        if own is not None or (
            started and not filename.startswith("<") and not filename.startswith(machinery)
        ):
            frame = [own or filename, trace.tb_lineno or code.co_firstlineno, code.co_name, own is not None]
            (hidden if _asks_to_be_hidden(trace.tb_frame) else shown).append(frame)
        trace = trace.tb_next
    return shown if any(frame[3] for frame in shown) else shown + hidden


def _asks_to_be_hidden(frame):
    asked = frame.f_locals.get("__tracebackhide__", frame.f_globals.get("__tracebackhide__", False))
    return asked is True


def _capped(frames):
    if len(frames) <= FIRST_FRAMES + LAST_FRAMES:
        return frames
    return frames[:FIRST_FRAMES] + frames[-LAST_FRAMES:]
