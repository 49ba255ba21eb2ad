"""The page of the demonstration's mail."""
