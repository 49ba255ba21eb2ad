"""Recovery codes: made, shown once, used once."""
