"""A real DNS server on a loopback port, which knows the records it is given."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from mailings.doctor.lookup import Lookup

# Of a name: its records by type, or the fault it is answered with.
Zone = dict[str, dict[str, list[str]] | str]


class Answer(socketserver.BaseRequestHandler):
    """Answers one question."""

    server: "Nameserver"

    def handle(self) -> None:
        """Look the name up in the zone."""
        query = dns.message.from_wire(self.request[0])
        name, kind = query.question[0].name, query.question[0].rdtype
        known = self.server.zone.get(str(name).rstrip("."))
        if known == "silence":
            return
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if known is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif isinstance(known, str):
            reply.set_rcode(dns.rcode.from_text(known))
        elif texts := known.get(dns.rdatatype.to_text(kind)):
            reply.answer.append(dns.rrset.from_text_list(name, 60, dns.rdataclass.IN, kind, texts))
        self.request[1].sendto(reply.to_wire(), self.client_address)


class Nameserver(socketserver.ThreadingUDPServer):
    """Serves a zone over UDP."""

    daemon_threads = True

    def __init__(self, zone: Zone) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.zone = zone


@contextmanager
def nameserver(zone: Zone) -> Iterator[Lookup]:
    """Run a name server, and ask it alone."""
    with Nameserver(zone) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Lookup("127.0.0.1", server.server_address[1])
        finally:
            server.shutdown()
