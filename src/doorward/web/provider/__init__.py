"""The provider's own tabs: its customers, its brands, and the tabs that it adds to portals."""
