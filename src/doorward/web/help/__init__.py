"""The room Help: the portal's own guides, open to everybody."""
