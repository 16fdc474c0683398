"""Which network addresses may be called. Pure."""

import ipaddress

# Each of these leads to an IPv4 address that a translator or tunnel picks, is a
# service of the hosting platform, or is special although not every Python says so.
REFUSED_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",  # IPv4-compatible, and the unspecified and loopback addresses
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64 inside a network
        "2001::/23",  # Teredo and other protocols of the IETF
        "2002::/16",  # 6to4
        "100::/64",  # discarded
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "192.0.0.0/24",  # protocols of the IETF
        "192.88.99.0/24",  # relays of 6to4
        "fec0::/10",  # site-local
        "168.63.129.16/32",  # Azure's platform service
    )
)
METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(address)
    for address in ("169.254.169.254", "169.254.170.2", "100.100.100.200")
) | {ipaddress.ip_address("fd00:ec2::254")}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def refusal_of(text: str, *, allow_private: bool) -> str:
    """ "" when the address may be called, else why not: not-an-address, metadata,
    multicast or private. `allow_private` also opens loopback and private networks,
    but never the metadata services of cloud platforms."""
    try:
        address = _unmapped(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return "not-an-address"
    if address in METADATA_ADDRESSES:
        return "metadata"
    if address.is_multicast:
        return "multicast"
    if allow_private:
        return ""
    if any(_lies_in(address, network) for network in REFUSED_NETWORKS):
        return "private"
    return "" if address.is_global and not address.is_reserved else "private"


def _unmapped(address: Address) -> Address:
    """The IPv4 address inside ::ffff:a.b.c.d, which sockets connect to as such."""
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def _lies_in(
    address: Address, network: ipaddress.IPv4Network | ipaddress.IPv6Network
) -> bool:
    return address.version == network.version and address in network
