"""Passkeys (WebAuthn): asked for, made, verified, and the host that they belong to."""
