"""Django's registration of the agent's page."""

from django.apps import AppConfig


class AgentAssistConfig(AppConfig):
    name = "agentassist"
    verbose_name = "Agent Assist"
