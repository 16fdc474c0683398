"""Addresses of the agent's page in the `web` process; its stream is in `live`."""

from django.urls import re_path

from agentassist.views import workspace_view

urlpatterns = [re_path(r"^agent-assist/?$", workspace_view, name="agent-assist")]
