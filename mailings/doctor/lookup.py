"""Questions to the DNS; one that is not answered says so."""

from typing import Any

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration, Resolver
from dns.reversename import from_address

SECONDS = 5


class NotAnswered(Exception):
    """The DNS did not answer: which question, and why."""


class Lookup:
    """The machine's own resolver, or a name server that is given."""

    def __init__(self, nameserver: str = "", port: int = 53) -> None:
        try:
            self.resolver = Resolver(configure=not nameserver)
        except NoResolverConfiguration:
            self.resolver = Resolver(configure=False)
        if nameserver:
            self.resolver.nameservers, self.resolver.port = [nameserver], port
        self.resolver.lifetime = SECONDS

    def records(self, name: str, kind: str) -> list[Any]:
        """Return the records of a name; none where there are none. Raises NotAnswered."""
        try:
            return list(self.resolver.resolve(name, kind))
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError, ValueError) as error:
            raise NotAnswered(f"{kind} of {name} could not be looked up ({error}).") from error

    def texts(self, name: str, begins: str) -> list[str]:
        """Return the TXT records of a name that begin with a word. Raises NotAnswered."""
        found = (b"".join(record.strings).decode("utf-8", "replace") for record in self.records(name, "TXT"))
        return [text for text in found if text.lower().startswith(begins)]

    def addresses(self, host: str) -> list[str]:
        """Return a host's IPv4 and IPv6 addresses. Raises NotAnswered."""
        return [record.address for kind in ("A", "AAAA") for record in self.records(host, kind)]

    def names(self, address: str) -> list[str]:
        """Return the names that an address is given in reverse. Raises NotAnswered."""
        reverse = str(from_address(address))
        return [str(record.target).rstrip(".") for record in self.records(reverse, "PTR")]
