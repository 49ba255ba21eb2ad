"""The WSGI application. `doorward run` serves it; any other WSGI server can."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doorward.config.settings")

application = get_wsgi_application()
