"""A backup of the whole installation: its form, how it is made, by the worker too, and how it comes back."""
