"""Machines: isolated places that hold a workspace and run commands.

`open_machine` opens one, `probe_tiers` says which kinds this computer can have. The program in
`launcher/` runs as a process of its own, one for each Machine.
"""
