"""The sender's domain in the DNS: what receivers look up before they believe that a letter is ours.

A question that is not answered is a line of its own; it never ends the examination.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from functools import partial

from mailings.doctor.findings import Finding, attention, ok, wrong
from mailings.doctor.lookup import Lookup, NotAnswered
from mailings.transport import LOOPBACK

# The octets of an RSA key of 1,024 bits in DER; one of 2,048 bits has 294 (RFC 8301, 3.2 wants that).
WEAK_KEY_OCTETS = 162
ED25519_OCTETS = 32


def look_at_domain(lookup: Lookup, domain: str, selector: str, relay: str) -> Iterator[Finding]:
    """Look up what concerns the sender's domain and the relay."""
    looks: list[Callable[[], Iterator[Finding]]] = [
        partial(look_at_mx, lookup, domain),
        partial(look_at_spf, lookup, domain),
        partial(look_at_dkim, lookup, domain, selector),
        partial(look_at_dmarc, lookup, domain),
        partial(look_at_reverse, lookup, relay),
    ]
    for look in looks:
        try:
            yield from look()
        except NotAnswered as error:
            yield attention(str(error), "Look at this machine's resolver, and try again.")


def look_at_mx(lookup: Lookup, domain: str) -> Iterator[Finding]:
    """Look whether answers and bounces can arrive."""
    hosts = [str(record.exchange).rstrip(".") for record in lookup.records(domain, "MX")]
    if hosts == [""]:
        yield wrong(f"{domain} takes no mail (a null MX, RFC 7505): many refuse its letters.", "Give it a real MX.")
    elif hosts:
        yield ok(f"{domain} takes mail at {', '.join(sorted(hosts))}.")
    else:
        what = f"{domain} has no MX: bounces and answers may not arrive."
        yield attention(what, "Give it one, or send from a domain that has one.")


def look_at_spf(lookup: Lookup, domain: str) -> Iterator[Finding]:
    """Look whether the domain says who may send for it (RFC 7208)."""
    records = lookup.texts(domain, "v=spf1")
    mend = f"Publish one TXT record at {domain} that names your relay, such as v=spf1 include:relay.example.org -all."
    if not records:
        yield wrong(f"{domain} has no SPF record: large providers refuse or hide its letters.", mend)
    elif len(records) > 1:
        yield wrong(f"{domain} has {len(records)} SPF records, which counts as a fault (RFC 7208, 4.5).", mend)
    elif "+all" in records[0].lower().split():
        yield attention(f"The SPF record of {domain} lets everybody send for it (+all).", mend)
    else:
        yield ok(f"{domain} has an SPF record: {records[0]}. Whether it names your relay, only the relay can tell.")


def look_at_dkim(lookup: Lookup, domain: str, selector: str) -> Iterator[Finding]:
    """Look whether the relay's signing key is published (RFC 6376)."""
    if not selector:
        mend = "Give --dkim-selector; it stands as s= in the DKIM-Signature of a letter that arrived."
        yield attention("The DKIM key was not looked at.", mend)
        return
    name = f"{selector}._domainkey.{domain}"
    octets = [key_octets(record.strings) for record in lookup.records(name, "TXT")]
    if not any(octets):
        yield wrong(f"{name} holds no key, so no signature is valid.", "Publish the one that your relay signs with.")
    elif ED25519_OCTETS < max(octets) <= WEAK_KEY_OCTETS:
        yield attention(f"The key at {name} is weak.", "Use one of 2,048 bits.")
    else:
        yield ok(f"The DKIM key at {name} is published.")


def key_octets(strings: tuple[bytes, ...]) -> int:
    """Return how long the key in a DKIM record is; 0 where it holds none, or one that is taken back."""
    tags = (tag.strip().partition("=") for tag in b"".join(strings).decode("ascii", "replace").split(";"))
    key = next((value for name, _, value in tags if name.strip() == "p"), "")
    try:
        return len(base64.b64decode("".join(key.split())))
    except (binascii.Error, ValueError):
        return 0


def look_at_dmarc(lookup: Lookup, domain: str) -> Iterator[Finding]:
    """Look whether the domain says what to do with letters that only pretend to be its own (RFC 7489).

    The parents of a domain speak for it, up to the last two labels: which of them counts, receivers decide.
    """
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        place = ".".join(labels[start:])
        if records := lookup.texts(f"_dmarc.{place}", "v=dmarc1"):
            yield ok(f"{place} has a DMARC record: {records[0]}.")
            return
    mend = f"Publish TXT v=DMARC1; p=none; rua=mailto:... at _dmarc.{domain}: that is what the large providers ask for."
    yield attention(f"{domain} has no DMARC record.", mend)


def look_at_reverse(lookup: Lookup, relay: str) -> Iterator[Finding]:
    """Look whether the relay's addresses have names that lead back to them."""
    if relay in LOOPBACK:
        mend = "Look up its public address: host ADDRESS must give a name that leads back to it."
        yield attention("The relay is this machine, whose public address is not known here.", mend)
        return
    addresses = lookup.addresses(relay)
    if not addresses:
        yield wrong(f"The relay {relay} has no address in the DNS.", "Look at EMAIL_URL.")
    for address in addresses:
        names = [name for name in lookup.names(address) if address in lookup.addresses(name)]
        if names:
            yield ok(f"The relay's address {address} is {names[0]}, and that leads back to it.")
        else:
            mend = "Ask whoever runs it for a PTR record; where letters leave from another address, that one counts."
            yield attention(f"The relay's address {address} has no name that leads back to it.", mend)
