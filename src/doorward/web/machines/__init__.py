"""The room for machines: health, and the well-known addresses."""
