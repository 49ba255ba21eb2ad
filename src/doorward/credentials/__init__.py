"""Factors: authenticator apps and recovery codes."""
