"""Rules about links: their words, and where they lead."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from bulletins.composition import dead_ends
from bulletins.links.hosts import below, host_of, is_closed, is_example
from bulletins.preflight.findings import Found
from bulletins.preflight.proof import Proof
from bulletins.prose import around, lost_link

SAYS_NOTHING = {
    "here", "click here", "click", "this link", "link", "this", "this page", "read more", "more", "more here",
}  # fmt: skip
# An address that ends where it would begin.
LEADS_NOWHERE = re.compile(r"#?|(?:mailto|tel|https?):/*", re.IGNORECASE)
BARE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
TRACKERS = re.compile(r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_eid|mc_cid|_hsenc|_hsmi|igshid|yclid", re.IGNORECASE)
WRAPPERS = {
    "safelinks.protection.outlook.com",
    "urldefense.com",
    "urldefense.proofpoint.com",
    "linkprotect.cudasvc.com",
}
DESKS = {"docs.google.com", "drive.google.com", "sharepoint.com", "onedrive.live.com", "1drv.ms", "dropbox.com"}
SHOWN = 80
WEB = ("http", "https")


def empty_links(proof: Proof) -> Iterator[Found]:
    """A link has no words, or leads nowhere."""
    for place, link in proof.links:
        if LEADS_NOWHERE.fullmatch(link.href.strip()):
            yield Found(place, f"“{link.words}” is a link without an address. Give it one, or unlink it.", link.words)
        elif not link.words:
            sentence = f"A link to {link.href[:SHOWN]} has no words. Write some, or unlink it."
            yield Found(place, sentence, link.href)


def closed_links(proof: Proof) -> Iterator[Found]:
    """A link leads to a computer that readers cannot reach: localhost, a private address, a file, an example."""
    for place, link in proof.links:
        host = host_of(link.href)
        if scheme_of(link.href) == "file" or (host and host not in proof.own_hosts and is_closed(host)):
            what = "into one network or computer only"
        elif is_example(host) and not below(host, proof.own_hosts):
            what = "to a name that is reserved for examples"
        else:
            continue
        sentence = f"The link {link.href[:SHOWN]} leads {what}, so readers cannot open it. Give the public address."
        yield Found(place, sentence, link.href)


def dead_anchors(proof: Proof) -> Iterator[Found]:
    """A link leads to a place in this issue that it does not have."""
    gone = set(dead_ends(proof.composition))
    for place, link in proof.links:
        if link.href in gone:
            sentence = (
                f"The link “{link.href}” leads to no item or section of this issue. Give it the item’s address, with # "
                "before it, or unlink it."
            )
            yield Found(place, sentence, link.href, link.words)


def dead_links(proof: Proof) -> Iterator[Found]:
    """A link was looked up, and there is no such page, or it leads into a private network."""
    for place, link in proof.links:
        check = proof.check_of(link)
        if check and check.answer in ("dead", "refused"):
            sentence = f"The link {link.href[:SHOWN]} was looked up: {check.words}. Open it, and mend or unlink it."
            yield Found(place, sentence, f"{link.href}\0{check.words}", link.words)


def doubtful_links(proof: Proof) -> Iterator[Found]:
    """A link was looked up, and could not be opened by a program."""
    for place, link in proof.links:
        check = proof.check_of(link)
        if check and check.answer == "unsure":
            sentence = f"The link {link.href[:SHOWN]} was looked up: {check.words}. Open it yourself once."
            yield Found(place, sentence, link.href, link.words)


def borrowed_links(proof: Proof) -> Iterator[Found]:
    """A link goes through a mail filter, or to a document that may ask readers to sign in."""
    for place, link in proof.links:
        host = host_of(link.href)
        if below(host, WRAPPERS):
            what = "was copied from a letter and goes through that mailbox’s filter: it may end any day"
        elif below(host, DESKS):
            what = "leads to a shared document: it may ask readers to sign in, or let them change it"
        else:
            continue
        sentence = f"The link {link.href[:SHOWN]} {what}. Give the address of the public page."
        yield Found(place, sentence, link.href, link.words)


def tracking_links(proof: Proof) -> Iterator[Found]:
    """A link carries marks that tell others who followed it."""
    for place, link in proof.links:
        marks = [name for name in names_in(link.href) if TRACKERS.fullmatch(name)]
        if marks:
            sentence = f"The link {link.href[:SHOWN]} carries {', '.join(marks[:3])}. Cut it off from there on."
            yield Found(place, sentence, link.href, link.words)


def insecure_links(proof: Proof) -> Iterator[Found]:
    """A link begins with http://, so that what readers do there can be seen and changed on its way."""
    for place, link in proof.links:
        if scheme_of(link.href) == "http":
            sentence = f"The link {link.href[:SHOWN]} begins with http://. Try it with https://, and take that."
            yield Found(place, sentence, link.href, link.words)


def vague_links(proof: Proof) -> Iterator[Found]:
    """A link's words do not say where it leads: “here”, “click here”, a bare address."""
    for place, link in proof.links:
        words = link.words.casefold().strip(" .,:;!?…>»→")
        if words in SAYS_NOTHING or BARE.fullmatch(link.words):
            sentence = f"The words of the link “{link.words[:SHOWN]}” do not say where it leads. Name the page instead."
            yield Found(place, sentence, f"{link.words}\0{link.href}", link.words)


def lost_links(proof: Proof) -> Iterator[Found]:
    """Words that were a link, such as the “here” of “subscribe here”, lead nowhere."""
    for copy, block in proof.blocks:
        place = lost_link(block.bare)
        if place is not None:
            shown = around(block.bare, place, 40)
            sentence = f"“{shown}” reads as if it were a link. Make it one, or say it in other words."
            yield Found(copy.place, sentence, block.text, shown)


def scheme_of(link: str) -> str:
    """Return how an address begins, in lower case; empty for one of this site and for a malformed one."""
    try:
        return urlsplit(link).scheme.lower()
    except ValueError:
        return ""


def names_in(link: str) -> list[str]:
    """Return the names of what an address carries behind its question mark."""
    try:
        return [name for name, _ in parse_qsl(urlsplit(link).query, keep_blank_values=True)]
    except ValueError:
        return []
