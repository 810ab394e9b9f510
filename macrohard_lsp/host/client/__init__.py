"""The host's client half: what a server needs to start a host and to talk to it. Imports nothing but core/."""
