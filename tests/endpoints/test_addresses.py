"""Only addresses on the open Internet are called, however they are written."""

import pytest

from endpoints.addresses import refusal_of


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888"],
)
def test_public_addresses_are_called(address: str) -> None:
    assert refusal_of(address, allow_private=False) == ""


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.8.9.1",
        "168.63.129.16",
        "169.254.1.1",
        "172.16.0.1",
        "192.0.0.8",
        "192.168.1.1",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.5",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "100::1",
        "3fff::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
    ],
)
def test_private_and_special_addresses_are_refused(address: str) -> None:
    assert refusal_of(address, allow_private=False) == "private"


@pytest.mark.parametrize("address", ["224.0.0.1", "ff02::1", "::ffff:224.0.0.1"])
@pytest.mark.parametrize("allow_private", [True, False])
def test_multicast_is_never_called(address: str, allow_private: bool) -> None:
    assert refusal_of(address, allow_private=allow_private) == "multicast"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "fd00:ec2::254",
    ],
)
@pytest.mark.parametrize("allow_private", [True, False])
def test_metadata_services_are_never_called(address: str, allow_private: bool) -> None:
    assert refusal_of(address, allow_private=allow_private) == "metadata"


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "fe80::1%eth0"])
def test_private_addresses_can_be_allowed(address: str) -> None:
    assert refusal_of(address, allow_private=True) == ""


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "1.2.3.4.5", ":::"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refusal_of(text, allow_private=True) == "not-an-address"
