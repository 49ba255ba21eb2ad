"""Secrets at rest: the key ring, sealing, keyed hashes."""
