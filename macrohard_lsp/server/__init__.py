"""Floor 8: the language server. Speaks the protocol and answers from what it knows; everything else is the host's."""
