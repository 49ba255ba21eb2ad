"""The room Activity: the customer's history, to be searched and exported."""
