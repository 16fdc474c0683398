"""A worker in a process of its own, so that a test can kill it: drains one mailbox."""

import sys

import django
from django.conf import settings

django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]

from handover.delivery import engine  # noqa: E402

sys.stdout.write("draining\n")
sys.stdout.flush()
engine.drain(int(sys.argv[2]))
