"""Which hosts are open to everybody, and which only look so."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit, urlunsplit

import dns.exception
import dns.resolver
from django.utils.encoding import iri_to_uri

LONGEST = 2000
DNS_SECONDS = 5
PORTS = {"http": 80, "https": 443}
# RFC 2606 and RFC 6761: names that belong to nobody.
EXAMPLES = {"example.com", "example.net", "example.org", "example"}
NOWHERE = {"localhost", "local", "localdomain", "internal", "intranet", "lan", "corp", "home.arpa", "test", "invalid"}
# What inet_aton takes for an address and people for a name: 2130706433, 0x7f.1, 0177.0.0.1.
ODD_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.IGNORECASE)
NAME = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*", re.IGNORECASE)
UNWRITABLE = re.compile(r"[\x00-\x20\x7f\\]")
OPEN_IPV6 = ipaddress.ip_network("2000::/3")
# 6to4 and Teredo carry an IPv4 address inside, which may be anybody's; then 6to4's relays, and RFC 9637's examples.
NOT_OPEN = tuple(map(ipaddress.ip_network, ("2002::/16", "2001::/32", "192.88.99.0/24", "3fff::/20")))


class NotPublic(ValueError):
    """An address that nobody is sent to; the message says why."""


def host_of(link: str) -> str:
    """Return a link's host in lower case, in its ASCII form; empty for one of this site and for a malformed one."""
    try:
        host = (urlsplit(link).hostname or "").rstrip(".")
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError:
        return ""


def below(host: str, names: set[str]) -> bool:
    """Tell whether a host is one of some names or lies below one."""
    return any(host == name or host.endswith(f".{name}") for name in names)


def is_example(host: str) -> bool:
    """Tell whether a host is reserved for examples."""
    return below(host, EXAMPLES)


def is_closed(host: str) -> bool:
    """Tell from its writing alone whether a host is this machine, or known inside one network only."""
    try:
        return not is_public(host)
    except ValueError:
        return bool(ODD_NUMBERS.fullmatch(host)) or not NAME.fullmatch(host) or below(host, NOWHERE)


def is_public(address: str) -> bool:
    """Tell whether an IP address is anybody's to reach. Raises ValueError for what is none."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        return is_public(str(ip.ipv4_mapped))
    if not ip.is_global or any(ip in network for network in NOT_OPEN):
        return False
    return ip in OPEN_IPV6 if ip.version == 6 else not (ip.is_multicast or ip.is_reserved)


def all_public(addresses: Iterable[str]) -> bool:
    """Tell whether all of the addresses that a name leads to are anybody's to reach."""
    return all(map(is_public, addresses))


def to_look_up(link: str) -> str | None:
    """Return the address that is looked up for a link, without its fragment; None for one that is not."""
    try:
        parts = urlsplit(link.strip())
        host = host_of(link)
        if parts.scheme not in PORTS or not host or is_example(host) or is_closed(host):
            return None
        url = iri_to_uri(urlunsplit(parts._replace(netloc=place_of(parts, host), fragment="")))
        return url if len(url) <= LONGEST else None
    except ValueError:
        return None


def place_of(parts: SplitResult, host: str) -> str:
    """Return host and port as an address writes them. Raises ValueError for a port that is none."""
    user = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    written = f"[{host}]" if ":" in host else host
    return f"{user}{written}:{parts.port}" if parts.port else f"{user}{written}"


def checked(url: str) -> SplitResult:
    """Return the parts of an address that one may be sent to; raises NotPublic for any other."""
    if UNWRITABLE.search(url):
        raise NotPublic("it holds a blank or a backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPublic("it is malformed") from None
    if parts.scheme not in PORTS:
        raise NotPublic("it does not begin with https://")
    if "@" in parts.netloc:
        raise NotPublic("it names a user before the host")
    if port not in (None, *PORTS.values()):
        raise NotPublic(f"it names the port {port}")
    if not parts.hostname or is_closed(host_of(url)):
        raise NotPublic("it leads into a private network")
    return parts


def addresses_of(host: str, port: int) -> list[tuple[str, int]]:
    """Return where a host is reached: IP addresses with their port. Raises OSError where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((str(entry[4][0]), int(entry[4][1])) for entry in found))


def open_addresses(host: str, port: int) -> list[tuple[str, int]]:
    """Return where a host is reached. Raises NotPublic if any of it is not open, OSError if there is nothing."""
    found = addresses_of(host, port)
    if not found or not all_public(address for address, _ in found):
        raise NotPublic("its name leads into a private network")
    return found


def does_not_exist(host: str) -> bool:
    """Tell whether the DNS says that there is no such name; a DNS that does not answer says nothing."""
    try:
        dns.resolver.resolve(host, lifetime=DNS_SECONDS, search=False)
    except dns.resolver.NXDOMAIN:
        return True
    except (dns.exception.DNSException, OSError):
        return False
    return False
