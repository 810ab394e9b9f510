"""Floor 2: runs the user's tests in a Machine and tells what happened, where, and what was executed."""
