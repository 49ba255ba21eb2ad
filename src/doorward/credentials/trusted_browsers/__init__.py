"""Trusted browsers: when one may be trusted, how long that holds, and what ends it."""
