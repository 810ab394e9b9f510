"""Floor 1: settings with their precedence, trust per folder, and where the program keeps its state."""
