"""What the doctor finds in the DNS, asked of a real name server."""

import base64

import pytest

from mailings.doctor.domain import look_at_domain
from mailings.doctor.findings import Level
from mailings.doctor.lookup import Lookup
from tests.mailings.nameserver import Zone, nameserver
from tests.relay import free_port

OK, ATTENTION, WRONG = Level.OK, Level.ATTENTION, Level.WRONG
KEY = base64.b64encode(b"k" * 294).decode()
# A string in a TXT record holds 255 octets at most.
DKIM = f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"'
GOOD: Zone = {
    "news.example.org": {
        "MX": ["10 mx.example.org.", "20 mx2.example.org."],
        "TXT": ['"some-verification=1"', '"v=spf1 include:relay.example.org -all"'],
    },
    "_dmarc.news.example.org": {"TXT": ['"v=DMARC1; p=none; rua=mailto:dmarc@example.org"']},
    "s1._domainkey.news.example.org": {"TXT": [DKIM]},
    "relay.example.org": {"A": ["192.0.2.25"], "AAAA": ["2001:db8::25"]},
    "25.2.0.192.in-addr.arpa": {"PTR": ["relay.example.org."]},
    "5.2.0.0." + "0." * 20 + "8.b.d.0.1.0.0.2.ip6.arpa": {"PTR": ["relay.example.org."]},
}


def found(zone: Zone, selector: str = "s1", relay: str = "relay.example.org") -> list[tuple[Level, str]]:
    with nameserver(zone) as lookup:
        lookup.resolver.lifetime = 0.5
        findings = look_at_domain(lookup, "news.example.org", selector, relay)
        return [(finding.level, f"{finding.what} {finding.mend}".strip()) for finding in findings]


def faults(zone: Zone, **how: str) -> list[tuple[Level, str]]:
    return [finding for finding in found(zone, **how) if finding[0] is not OK]


def test_a_domain_in_order():
    assert found(GOOD) == [
        (OK, "news.example.org takes mail at mx.example.org, mx2.example.org."),
        (
            OK,
            "news.example.org has an SPF record: v=spf1 include:relay.example.org -all. "
            "Whether it names your relay, only the relay can tell.",
        ),
        (OK, "The DKIM key at s1._domainkey.news.example.org is published."),
        (OK, "news.example.org has a DMARC record: v=DMARC1; p=none; rua=mailto:dmarc@example.org."),
        (OK, "The relay's address 192.0.2.25 is relay.example.org, and that leads back to it."),
        (OK, "The relay's address 2001:db8::25 is relay.example.org, and that leads back to it."),
    ]


@pytest.mark.parametrize(
    ("name", "records", "level", "words"),
    [
        ("news.example.org", {"TXT": ['"v=spf1 -all"']}, ATTENTION, "has no MX"),
        ("news.example.org", {"MX": ["0 ."], "TXT": ['"v=spf1 -all"']}, WRONG, "takes no mail (a null MX"),
        ("news.example.org", {"MX": ["1 mx.example.org."]}, WRONG, "has no SPF record"),
        (
            "news.example.org",
            {"MX": ["1 mx.example.org."], "TXT": ['"v=spf1 -all"', '"v=spf1 mx -all"']},
            WRONG,
            "has 2 SPF records",
        ),
        ("news.example.org", {"MX": ["1 mx.example.org."], "TXT": ['"v=spf1 +all"']}, ATTENTION, "lets everybody send"),
        ("_dmarc.news.example.org", {}, ATTENTION, "has no DMARC record"),
        ("s1._domainkey.news.example.org", {}, WRONG, "holds no key"),
        ("s1._domainkey.news.example.org", {"TXT": ['"v=DKIM1; p="']}, WRONG, "holds no key"),
        ("s1._domainkey.news.example.org", {"TXT": ['"v=DKIM1; p=%%%x"']}, WRONG, "holds no key"),
        (
            "s1._domainkey.news.example.org",
            {"TXT": [f'"v=DKIM1; p={base64.b64encode(b"k" * 162).decode()}"']},
            ATTENTION,
            "is weak",
        ),
        ("25.2.0.192.in-addr.arpa", {}, ATTENTION, "192.0.2.25 has no name that leads back to it"),
        (
            "25.2.0.192.in-addr.arpa",
            {"PTR": ["elsewhere.example.org."]},
            ATTENTION,
            "192.0.2.25 has no name that leads back to it",
        ),
        ("relay.example.org", {}, WRONG, "has no address in the DNS"),
    ],
)
def test_each_fault_is_a_line_with_its_mend(name, records, level, words):
    ((found_level, line),) = faults({**GOOD, name: records})
    assert found_level == level
    assert words in line
    assert line.count(". ") >= 1


def test_names_that_are_not_there_at_all_are_faults_too():
    assert [level for level, _ in faults({})] == [ATTENTION, WRONG, WRONG, ATTENTION, WRONG]


@pytest.mark.parametrize("fault", ["SERVFAIL", "REFUSED", "silence"])
def test_what_is_not_answered_could_not_be_looked_up(fault):
    zone: Zone = dict.fromkeys(GOOD, fault)
    lines = found(zone)
    assert {level for level, _ in lines} == {ATTENTION}
    assert [("could not be looked up" in line) for _, line in lines].count(True) == 5


def test_one_question_that_is_not_answered_spares_the_others():
    ((level, line),) = faults({**GOOD, "_dmarc.news.example.org": "SERVFAIL"})
    assert level is ATTENTION
    assert line.startswith("TXT of _dmarc.news.example.org could not be looked up")


def test_with_nobody_there_nothing_breaks():
    lookup = Lookup("127.0.0.1", free_port())
    lookup.resolver.lifetime = 0.5
    findings = list(look_at_domain(lookup, "news.example.org", "s1", "relay.example.org"))
    assert {finding.level for finding in findings} == {ATTENTION}


def test_a_name_that_can_be_none_is_not_looked_up():
    with nameserver(GOOD) as lookup:
        findings = list(look_at_domain(lookup, f"{'x' * 64}.example.org", "s1", "relay..example.org"))
    assert findings[0].level is ATTENTION
    assert "could not be looked up" in findings[0].what


def test_a_parent_speaks_for_a_domain_without_a_dmarc_record():
    zone = {**GOOD, "_dmarc.example.org": GOOD["_dmarc.news.example.org"]}
    del zone["_dmarc.news.example.org"]
    assert faults(zone) == []


def test_without_a_selector_the_key_is_not_looked_at():
    ((level, line),) = faults(GOOD, selector="")
    assert level is ATTENTION
    assert "Give --dkim-selector" in line


def test_a_relay_on_this_machine_has_no_public_address_here():
    ((level, line),) = faults(GOOD, relay="127.0.0.1")
    assert level is ATTENTION
    assert line.startswith("The relay is this machine")
