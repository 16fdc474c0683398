from django.apps import AppConfig


class EndpointsConfig(AppConfig):
    """Whom the bridge talks to, and how."""

    name = "endpoints"
    verbose_name = "Endpoints"

    def ready(self) -> None:
        # Registers the checks by being imported; they need the models to be loaded.
        from endpoints import checks  # noqa: F401, PLC0415
