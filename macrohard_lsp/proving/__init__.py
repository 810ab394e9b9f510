"""Floor 3: a ChangeSet in, a Proof out. The one judge for everybody who proposes."""
