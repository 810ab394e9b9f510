"""Floor 8: the command line. Runs the engine in its own process, for people and for programs."""
