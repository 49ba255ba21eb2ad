"""Django's PostgreSQL backend, which waits for a server that moves, and not for ever."""
