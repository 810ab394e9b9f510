"""Floor 5: the pipeline from a Snapshot to Proposals: starts Runs, lets Proposers compete, ranks, publishes."""
