"""Brands, host names, customers and tabs; locks, rights, and the one door to a customer's data."""
