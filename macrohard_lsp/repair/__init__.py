"""Floor 4: the local Proposer. Search-based program repair, with no model and no network."""
