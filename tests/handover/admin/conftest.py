"""Who looks at the admin, and at what."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from endpoints.models import Endpoint
from handover.models import Handover
from tests.handover.admin.rows import make_endpoint, make_handover


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    return make_endpoint()


@pytest.fixture
def handover(endpoint: Endpoint) -> Handover:
    return make_handover(endpoint)


@pytest.fixture
def operator(db: None) -> Client:
    """A superuser's browser."""
    return _browser_of(User.objects.create_superuser("operator", password="x"))


@pytest.fixture
def reader(db: None) -> Client:
    """A member of staff who may look at everything here and change nothing."""
    user = User.objects.create_user("reader", password="x", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(
            content_type__app_label="handover", codename__startswith="view_"
        )
    )
    return _browser_of(user)


@pytest.fixture
def stranger(db: None) -> Client:
    """A member of staff without any permission."""
    return _browser_of(User.objects.create_user("stranger", is_staff=True))


def _browser_of(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client
