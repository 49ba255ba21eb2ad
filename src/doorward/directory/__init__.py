"""People with their second factor: the list, its filters and order, numbers, adoption, what is still weak."""
