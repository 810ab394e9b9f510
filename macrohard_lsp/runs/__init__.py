"""Floor 1: the Journal in SQLite: what each Run was asked, what happened in it, and how it ended."""
