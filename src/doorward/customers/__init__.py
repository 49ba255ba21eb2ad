"""Brands, customers, policies and tabs; the one door to a customer's data."""
