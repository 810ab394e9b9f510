"""Floor 1: finding the user's interpreter by reading files only, and what is installed in it."""
