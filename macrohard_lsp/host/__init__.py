"""Floor 7: the process that runs the engine for a language server."""
