"""The vault (what is sealed) and the throttle (what is counted)."""
