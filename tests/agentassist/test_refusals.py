"""Who does not have the whole link gets 403 and not one word."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from endpoints.models import Endpoint
from endpoints.services import rotate_url_token
from handover.models import Handover
from tests.agentassist.links import PAGE, SECRETS, link_of
from tests.handover.admin.rows import make_endpoint, make_handover

NAMES = (
    "sessionId",
    "userId",
    "URLToken",
    "organisationId",
    "projectId",
    "configId",
)


def assert_refused(response: Any, link: dict[str, str]) -> None:
    assert response.status_code == 403
    body = response.content.decode()
    assert "wrong or has expired" in body
    for secret in (*SECRETS, *link.values()):
        assert secret not in body
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"


def test_the_unaltered_link_has_all_six_parameters_and_works(
    client: Client, link: dict[str, str]
) -> None:
    assert tuple(link) == NAMES
    assert client.get(PAGE, link).status_code == 200


@pytest.mark.parametrize("name", NAMES)
def test_a_link_without_one_of_its_parameters_is_refused(
    client: Client, link: dict[str, str], name: str
) -> None:
    shortened = {key: value for key, value in link.items() if key != name}
    assert_refused(client.get(PAGE, shortened), link)
    assert_refused(client.get(PAGE, shortened | {name: ""}), link)


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_given_twice_is_refused(
    client: Client, link: dict[str, str], name: str
) -> None:
    for pairs in (
        [*link.items(), (name, link[name])],
        [*link.items(), (name, "x")],
        [(name, "x"), *link.items()],
    ):
        assert_refused(client.get(f"{PAGE}?{urlencode(pairs)}"), link)


def alterations(value: str) -> st.SearchStrategy[str]:
    positions = st.integers(0, len(value) - 1)
    return st.one_of(
        st.text(max_size=80),
        st.just(value.upper()),
        st.just(value[::-1]),
        positions.map(lambda end: value[:end]),
        st.text(min_size=1, max_size=3).map(lambda more: value + more),
        st.text(min_size=1, max_size=3).map(lambda more: more + value),
        st.tuples(positions, st.characters()).map(
            lambda change: value[: change[0]] + change[1] + value[change[0] + 1 :]
        ),
    )


@given(name=st.sampled_from(NAMES), data=st.data())
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_link_with_an_altered_parameter_is_refused(
    client: Client, link: dict[str, str], name: str, data: st.DataObject
) -> None:
    altered = data.draw(alterations(link[name]))
    encodable = altered.encode(errors="replace").decode()
    assume(encodable != link[name])
    assert_refused(client.get(PAGE, link | {name: encodable}), link)


def test_a_link_mixed_from_two_right_ones_is_refused(
    client: Client, endpoint: Endpoint, link: dict[str, str]
) -> None:
    other = link_of(make_handover(endpoint, "session-2"))
    elsewhere = link_of(make_handover(make_endpoint("other"), "session-3"))
    for name in ("sessionId", "userId"):
        assert_refused(client.get(PAGE, link | {name: other[name]}), link)
    for name in ("URLToken", "organisationId"):
        assert_refused(client.get(PAGE, link | {name: elsewhere[name]}), link)


def test_a_session_without_a_handover_has_no_page(
    client: Client, endpoint: Endpoint, link: dict[str, str]
) -> None:
    absent = link | {"sessionId": "never", "userId": "nobody"}
    assert_refused(client.get(PAGE, absent), link)


def test_a_disabled_endpoint_has_no_page(
    client: Client, endpoint: Endpoint, link: dict[str, str]
) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(enabled=False)
    assert_refused(client.get(PAGE, link), link)


def test_a_link_from_before_the_token_was_rotated_has_expired(
    client: Client, endpoint: Endpoint, handover: Handover, link: dict[str, str]
) -> None:
    rotate_url_token(endpoint)
    assert_refused(client.get(PAGE, link), link)
    assert client.get(PAGE, link_of(Handover.objects.get())).status_code == 200


def test_a_project_that_the_endpoint_does_not_have_is_refused(
    client: Client, db: None
) -> None:
    link = link_of(make_handover(make_endpoint("plain")))
    assert "projectId" not in link
    assert client.get(PAGE, link).status_code == 200
    assert client.get(PAGE, link | {"projectId": "any"}).status_code == 403


@pytest.mark.parametrize("method", ["head", "post", "put", "patch", "delete"])
def test_other_methods_than_get_are_not_allowed(
    link: dict[str, str], method: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    response: HttpResponse = getattr(client, method)(f"{PAGE}?{urlencode(link)}")
    assert response.status_code == 405
    assert response["Allow"] == "GET"
    assert b"words of" not in response.content


def test_parameters_that_are_none_of_ours_are_passed_over(
    client: Client, link: dict[str, str]
) -> None:
    assert client.get(PAGE, link | {"after": "3", "frame": "8x8"}).status_code == 200
