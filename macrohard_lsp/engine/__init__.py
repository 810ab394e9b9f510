"""Floor 5: the pipeline from a Snapshot to Proposals. Starts Runs, lets Proposers compete, ranks them."""
