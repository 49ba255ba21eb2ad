"""The room Support: whom to ask."""
