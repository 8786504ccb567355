"""Who asks: no client can make up an address of its own, and none hides behind our proxies."""

from ipaddress import ip_network

import pytest

from publication.client import client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::1")]


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.9", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "192.0.2.1, 198.51.100.9, 10.2.3.4", "198.51.100.9"),
        ("2001:db8::1", "2001:DB8:0::77", "2001:db8::77"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "198.51.100.9, evil", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("", "198.51.100.9", "198.51.100.9"),
        ("", None, ""),
    ],
)
def test_a_forwarded_address_is_believed_as_far_as_our_proxies_wrote_it(rf, settings, remote, forwarded, client):
    settings.TRUSTED_PROXIES = PROXIES
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert client_address(rf.get("/", headers=headers, REMOTE_ADDR=remote)) == client


@pytest.mark.parametrize(("remote", "client"), [("127.0.0.1", "127.0.0.1"), ("", "")])
def test_without_proxies_nothing_forwarded_is_believed(rf, settings, remote, client):
    settings.TRUSTED_PROXIES = []
    request = rf.get("/", headers={"x-forwarded-for": "198.51.100.9"}, REMOTE_ADDR=remote)
    assert client_address(request) == client
