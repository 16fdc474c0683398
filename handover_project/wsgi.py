"""Entry point of the `web` process: everything that writes."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover_project.settings")
application = get_wsgi_application()
