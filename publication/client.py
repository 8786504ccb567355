"""Who asks: the address of the client behind the proxies that we trust."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the address of the client that asked, or "" where the server knows none.

    X-Forwarded-For is read from its end, and only as far as proxies of TRUSTED_PROXIES wrote it: what stands
    before that is whatever the client made up.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    address = parsed(request.META.get("REMOTE_ADDR", ""))
    while trusted(address) and forwarded and (hop := parsed(forwarded.pop())):
        address = hop
    return str(address or "")


def parsed(hop: str) -> IPv4Address | IPv6Address | None:
    """Return an address, one of IPv4 always in its own form; None for what is none."""
    try:
        address = ip_address(hop.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def trusted(address: IPv4Address | IPv6Address | None) -> bool:
    """Tell whether an address is that of a proxy of ours; so is none, which is the other end of a local socket."""
    if address is None:
        return bool(settings.TRUSTED_PROXIES)
    return any(address in network for network in settings.TRUSTED_PROXIES)
