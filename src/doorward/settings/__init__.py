"""The roof: Django's settings, the map of the site, what the server calls."""
