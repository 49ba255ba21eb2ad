"""Passwords: what a new one must be, how it is set, hashed, and taken over from other systems."""
