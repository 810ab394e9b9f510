"""Floor 1: the workspace on disk. Reads it, understands its Python, asks git, writes back."""
