"""Entry point of the `live` process: streams and long polls, nothing that writes.

It sets `HANDOVER_PROCESS=live` before the settings load, which leaves out the
middleware and URLs that streams do not need and keeps no database connection
open while a stream waits.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover_project.settings")
os.environ["HANDOVER_PROCESS"] = "live"
application = get_asgi_application()
