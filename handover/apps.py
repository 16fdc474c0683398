"""Django's registration of the conversation room, with its system checks."""

from django.apps import AppConfig

from handover import checks


class HandoverConfig(AppConfig):
    name = "handover"
    verbose_name = "Conversations"
    checks = checks
