"""Floor 1: the Executor. A unit of work is data plus a dotted entry point, so that it can run in another process."""
