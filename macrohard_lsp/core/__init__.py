"""Floor 0: plain immutable data and pure functions. Nothing here reads a file, starts a process or keeps state."""
