"""What an admin can do about a connection to 8x8 that does not work."""

from endpoints.eightbyeight.errors import (
    AddressRefused,
    EightByEightError,
    MalformedAnswer,
    NotFound,
    Rejected,
    Unreachable,
)
from endpoints.models import EightByEightConfig


def tenant_advice(config: EightByEightConfig) -> str:
    where = (
        "It is the Tenant Name on the Profile tab of the Configuration Manager for "
        "Contact Center."
    )
    if not config.tenant:
        return f"8x8 refuses the call without a tenant. Fill in 8x8-Tenant. {where}"
    return (
        f"8x8 says that this tenant is not the key's, or that the key may not do "
        f"this. {where}"
    )


def host_advice(error: EightByEightError) -> str:
    match error:
        case AddressRefused():
            return (
                "This address is not called, because it leads into a private or "
                "special network. Enter the public URL of 8x8."
            )
        case Unreachable(code="name-not-found"):
            return "The name in the URL is not known. Check its spelling."
        case Unreachable(code="tls"):
            return (
                "No secure connection came about. Check https:// or http://, the "
                "port and the server's certificate."
            )
        case Unreachable():
            return (
                "No connection came about. Check the URL, and whether a firewall "
                "lets this machine out to it."
            )
        case NotFound() | Rejected() | MalformedAnswer():
            return (
                "Something answers there, but not as 8x8 does. Check the URL; "
                "8x8's own is https://api.8x8.com."
            )
    return (
        "8x8 can be reached but has trouble answering "
        f"({error.code}). Test again in a few minutes."
    )
