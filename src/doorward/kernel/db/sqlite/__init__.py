"""Django's SQLite backend on a library that loses nothing in WAL mode (decision 0050)."""
