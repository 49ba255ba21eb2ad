"""Events: the append-only history."""
