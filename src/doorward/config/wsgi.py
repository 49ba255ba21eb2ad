"""The WSGI application. `doorward run` serves it; any other WSGI server can."""

import os

from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import reset_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doorward.config.settings")

application = get_wsgi_application()

# What Django does around each request for what is not here: a cache, and a list of queries.
request_finished.disconnect(close_caches)
request_started.disconnect(reset_queries)
