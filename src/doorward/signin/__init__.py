"""The ceremony of signing in: each step, and each mailed link that leads in, is a file."""
