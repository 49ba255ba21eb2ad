"""The roof: Django's settings, the map of the site, the WSGI application."""
