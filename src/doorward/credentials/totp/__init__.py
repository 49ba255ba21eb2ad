"""Codes of authenticator apps (RFC 6238): set up, verified, taken over, and how far a phone's clock is off."""
