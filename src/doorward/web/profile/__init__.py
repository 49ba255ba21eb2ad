"""The room of one's own profile and password."""
