"""Every decision, pure: no framework, no I/O, no clock, no randomness; all of these are arguments."""
