"""Sessions for outgoing calls, over real sockets; only the DNS is made up."""

import socket
from collections.abc import Callable, Iterator

import pytest
import requests

from endpoints.eightbyeight.errors import AddressRefused, Unreachable
from endpoints.outbound import TargetRefused, check_target, open_session
from tests.endpoints.eight_by_eight import new_client
from tests.endpoints.made_up_dns import MadeUpDns
from tests.endpoints.raw_server import answer, raw_server

OK = answer("HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close", b"{}")
TIMEOUT = (2, 2)


@pytest.fixture
def strict() -> Iterator[requests.Session]:
    with open_session(allow_private=False) as session:
        yield session


@pytest.fixture
def lenient() -> Iterator[requests.Session]:
    with open_session(allow_private=True) as session:
        yield session


def test_a_private_address_is_never_connected_to(strict: requests.Session) -> None:
    with raw_server(OK) as server:
        with pytest.raises(TargetRefused) as caught:
            strict.get(server.url, timeout=TIMEOUT)
        assert caught.value.reason == "private"
        assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1:{port}",
        "http://0x7f000001:{port}",
        "http://2130706433:{port}",
        "http://[::ffff:127.0.0.1]:{port}",
        "http://localhost:{port}",
        "http://LOCALHOST:{port}",
    ],
)
def test_no_spelling_of_a_private_address_gets_through(
    strict: requests.Session, url: str
) -> None:
    with raw_server(OK) as server:
        with pytest.raises(TargetRefused):
            strict.get(url.format(port=server.port), timeout=TIMEOUT)
        assert server.connections == 0


def test_one_private_address_among_public_ones_spoils_the_name(
    strict: requests.Session, dns: MadeUpDns
) -> None:
    dns.answers["mixed.example"] = [["93.184.215.14", "127.0.0.1"]]
    with pytest.raises(TargetRefused):
        strict.get("http://mixed.example", timeout=TIMEOUT)


def test_a_name_that_changes_its_address_between_check_and_call_is_refused(
    strict: requests.Session, dns: MadeUpDns
) -> None:
    dns.answers["rebind.example"] = [["93.184.215.14"], ["127.0.0.1"]]
    with raw_server(OK) as server:
        url = f"http://rebind.example:{server.port}"
        check_target(url, allow_private=False)
        with pytest.raises(TargetRefused):
            strict.get(url, timeout=TIMEOUT)
        assert server.connections == 0


def test_the_checked_address_is_the_one_connected_to(
    lenient: requests.Session, dns: MadeUpDns
) -> None:
    dns.answers["once.example"] = [["127.0.0.1"], ["192.0.2.1"]]
    with raw_server(OK) as server:
        response = lenient.get(f"http://once.example:{server.port}/", timeout=TIMEOUT)
        assert response.content == b"{}"
        assert dns.look_ups == ["once.example"]
        host = f"Host: once.example:{server.port}\r\n".encode()
        assert host in server.requests[0]


def test_the_second_address_is_tried_when_the_first_does_not_answer(
    lenient: requests.Session, dns: MadeUpDns
) -> None:
    dns.answers["two.example"] = [["127.0.0.2", "127.0.0.1"]]
    with raw_server(OK) as server:
        response = lenient.get(f"http://two.example:{server.port}/", timeout=TIMEOUT)
    assert response.status_code == 200


def test_tls_asks_for_the_name_and_not_for_the_address(
    lenient: requests.Session, dns: MadeUpDns
) -> None:
    dns.answers["tls.example"] = [["127.0.0.1"]]
    hellos = []

    def keep_hello(connection: socket.socket) -> None:
        hellos.append(connection.recv(65536))

    with (
        raw_server(keep_hello, reads_request=False) as server,
        pytest.raises(requests.ConnectionError),
    ):
        lenient.get(f"https://tls.example:{server.port}/", timeout=TIMEOUT)
    assert b"tls.example" in hellos[0]


def test_redirects_are_answers_even_when_a_caller_asks_to_follow(
    lenient: requests.Session,
) -> None:
    redirect = answer("HTTP/1.1 302 Found\nLocation: /next\nContent-Length: 0")
    with raw_server(redirect) as server:
        response = lenient.get(server.url, timeout=TIMEOUT, allow_redirects=True)
        assert response.status_code == 302
        assert server.connections == 1


def test_cookies_are_not_kept(lenient: requests.Session) -> None:
    head = "HTTP/1.1 200 OK\nSet-Cookie: a=b\nContent-Length: 0\nConnection: close"
    with raw_server(answer(head)) as server:
        for _ in range(2):
            lenient.get(server.url, timeout=TIMEOUT)
        assert b"Cookie" not in server.requests[1]


def test_the_environment_has_no_say(
    lenient: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with raw_server(OK) as server:
        assert lenient.get(server.url, timeout=TIMEOUT).status_code == 200


def test_a_proxy_that_is_given_is_used(dns: MadeUpDns) -> None:
    dns.answers["public.example"] = [["93.184.215.14"]]
    with (
        raw_server(OK) as proxy,
        open_session(allow_private=False, proxy_url=proxy.url) as session,
    ):
        response = session.get("http://public.example/x", timeout=TIMEOUT)
        assert response.status_code == 200
        assert proxy.requests[0].startswith(b"GET http://public.example/x HTTP/1.1")


def test_behind_a_proxy_private_targets_are_refused_too() -> None:
    with (
        raw_server(OK) as proxy,
        open_session(allow_private=False, proxy_url=proxy.url) as session,
    ):
        with pytest.raises(TargetRefused):
            session.get("http://127.0.0.1/x", timeout=TIMEOUT)
        assert proxy.connections == 0


def test_a_name_that_only_the_proxy_knows_is_left_to_it(dns: MadeUpDns) -> None:
    dns.answers["inner.example"] = [[]]
    with (
        raw_server(OK) as proxy,
        open_session(allow_private=False, proxy_url=proxy.url) as session,
    ):
        assert session.get("http://inner.example/", timeout=TIMEOUT).ok


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_8x8_client_says_which_setting_leads_to_a_refused_address(
    strict: requests.Session, scheme: str
) -> None:
    client = new_client(http=strict, base_url=f"{scheme}://127.0.0.1:1")
    with pytest.raises(AddressRefused) as caught:
        client.get_conversation(conversation_id="c-1")
    assert (caught.value.setting, caught.value.outcome_unknown) == ("Base URL", False)


def refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "target", [refused_port, lambda: "http://no-such-host.invalid"]
)
def test_the_8x8_client_knows_when_no_connection_came_about(
    lenient: requests.Session, target: Callable[[], str]
) -> None:
    with pytest.raises(Unreachable) as caught:
        new_client(http=lenient, base_url=target()).end_conversation(
            conversation_id="c-1"
        )
    assert caught.value.outcome_unknown is False


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("http://169.254.169.254/latest", "metadata"),
        ("ftp://93.184.215.14/", "not-http"),
        ("file:///etc/passwd", "not-http"),
        ("//93.184.215.14/", "not-http"),
        ("http://", "no-host"),
        ("http://93.184.215.14:99999/", "bad-port"),
        ("http://[::1", "bad-port"),
        ("http://no-such-host.invalid/", "not-found"),
        ("http://a..b/", "not-found"),
    ],
)
def test_a_form_can_ask_before_anything_is_called(url: str, reason: str) -> None:
    with pytest.raises(TargetRefused) as caught:
        check_target(url, allow_private=False)
    assert caught.value.reason == reason


def test_a_public_target_passes_the_form() -> None:
    check_target("https://93.184.215.14/x", allow_private=False)
