"""Addresses of the agent's page in the `web` process; its stream is in `live`."""

from django.urls import path

from agentassist.views import workspace_view

urlpatterns = [path("agent-assist/", workspace_view, name="agent-assist")]
