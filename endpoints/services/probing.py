"""Having a failing config tried at once, instead of at its next time."""

from django.utils import timezone

from endpoints.models import EightByEightConfig


def probe_now(config: EightByEightConfig) -> bool:
    """Let the next delivery try the config; False if it is not failing."""
    probed = (
        EightByEightConfig.objects.filter(pk=config.pk)
        .exclude(failing_since=None)
        .update(next_probe_at=timezone.now())
    )
    return probed == 1
