"""Numbers beside the entries of the admin's sidebar."""

from django.http import HttpRequest

from handover.models import Delivery, DeliveryStatus

MOST_COUNTED = 100


def dead_delivery_badge(request: HttpRequest) -> str:
    """How many deliveries are dead, to those who may see them.

    "0" is said, too: the theme draws an empty badge for an empty text.
    """
    if not request.user.has_perm("handover.view_delivery"):
        return ""
    dead = Delivery.objects.filter(status=DeliveryStatus.DEAD)
    count = dead[:MOST_COUNTED].count()
    if count == MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    return str(count)
