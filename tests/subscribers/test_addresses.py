import pytest
from django.core.exceptions import ValidationError

from subscribers.addresses import address_hash, check_address, masked, normalised


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.L+news@Example.ORG \n", "Ada.L+news@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("o'brien@sub.example.org", "o'brien@sub.example.org"),
        ("=cmd|x@example.com", "=cmd|x@example.com"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_a_good_address_is_stored_in_one_way(typed, stored):
    assert check_address(typed) == stored
    assert normalised(stored) == stored


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ("", "like name@example.org"),
        ("ada", "like name@example.org"),
        ("@example.org", "like name@example.org"),
        ("a..b@x.org", "like name@example.org"),
        ("a@x..org", "like name@example.org"),
        ("a@x.org.", "like name@example.org"),
        ("a@b@x.org", "like name@example.org"),
        (f"a@{'x' * 64}.org", "like name@example.org"),
        ("a@b", "public domain"),
        ("a@localhost", "public domain"),
        ("a@[127.0.0.1]", "public domain"),
        ("a@10.20.30.40", "public domain"),
        (f"{'a' * 65}@example.org", "at most 64"),
        (f"a@{'x.' * 125}org", "254 in all"),
        (f"a@{'x' * 100_000}.org", "254 in all"),
        ("jürgen@example.org", "plain Latin"),
        ("Ada <ada@example.org>", "one address only"),
        ("ada@example.org, bob@example.org", "one address only"),
        ("ada@example.org bob@example.org", "one address only"),
        ('"ada"@example.org', "one address only"),
        ("x@y.org\nBcc: z@example.org", "one address only"),
        ("x\r\n@y.org", "one address only"),
        ("x\x00@y.org", "one address only"),
        ("x@y\u2028z.org", "one address only"),
        ("x@ſ\u0627.org", "like name@example.org"),
        ("\ud800@example.org", "plain Latin"),
    ],
)
def test_a_bad_address_is_told_how_to_mend(typed, mend):
    with pytest.raises(ValidationError, match=mend):
        check_address(typed)


def test_the_hash_heeds_neither_case_nor_the_way_a_domain_is_written():
    assert address_hash("Ada@Example.org") == address_hash("ada@example.ORG ")
    assert address_hash("ada@bücher.example") == address_hash("ADA@xn--bcher-kva.example")
    assert address_hash("ada@example.org") != address_hash("bob@example.org")


def test_the_hash_depends_on_the_key(settings):
    before = address_hash("ada@example.org")
    settings.SUPPRESSION_KEY = "another key"
    assert address_hash("ada@example.org") != before


def test_a_masked_address_keeps_one_letter_and_the_domain():
    assert masked("ada.lovelace@example.org") == "a…@example.org"
