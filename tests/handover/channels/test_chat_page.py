"""`GET /chat/<URLToken>/`: the page itself."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from endpoints.models import Endpoint


@pytest.mark.parametrize("ending", ["", "/"])
def test_the_page_names_its_endpoint_and_lets_nothing_inline_run(
    client: Client, endpoint: Endpoint, ending: str
) -> None:
    answer = client.get(f"/chat/{endpoint.url_token}{ending}")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f'data-endpoint-url="/{endpoint.url_token}"' in page
    assert 'data-cancel-payload="stop waiting"' in page
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page)


def test_names_are_escaped(client: Client, endpoint: Endpoint) -> None:
    Endpoint.objects.update(name="<script>alert(1)</script>", cancel_intent='"><b>')
    page = client.get(f"/chat/{endpoint.url_token}/").content.decode()
    assert "<script>alert" not in page
    assert '"><b>' not in page


def test_what_the_page_loads_exists(client: Client, endpoint: Endpoint) -> None:
    page = client.get(f"/chat/{endpoint.url_token}/").content.decode()
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', page)
    assert len(files) == 3
    for name in files:
        assert finders.find(name) is not None


def test_unknown_and_disabled_endpoints_have_a_plain_page(
    client: Client, endpoint: Endpoint
) -> None:
    unknown = client.get("/chat/" + "0" * 64 + "/")
    Endpoint.objects.update(enabled=False)
    disabled = client.get(f"/chat/{endpoint.url_token}/")
    for answer in (unknown, disabled):
        assert answer.status_code == 404
        assert "There is no chat here" in answer.content.decode()
        assert endpoint.name not in answer.content.decode()
