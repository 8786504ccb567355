"""Rules about the parts of an issue: items, pictures, headings, title and summary."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bulletins.approval import NOTHING_TO_READ
from bulletins.preflight.findings import Found, Place
from bulletins.preflight.proof import Proof

LONGEST_SUBJECT = 60
SECTIONS = Place("sections", None, "group", "Sections")
SUMMARY_LENGTHS = range(60, 161)
TITLE = Place("issue", None, "title", "Title")
SUMMARY = Place("issue", None, "summary", "Summary")
FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|webp)", re.IGNORECASE)
SENSITIVE = Path(__file__).with_name("sensitive_words.txt")


def nothing_to_read(proof: Proof) -> Iterator[Found]:
    """There is nothing to read: no section holds a text, an item or an event."""
    if not proof.composition.sections:
        yield Found(SECTIONS, NOTHING_TO_READ, "")


def incomplete_items(proof: Proof) -> Iterator[Found]:
    """An item has no headline, or no text."""
    for copy in proof.copies:
        if copy.place.kind != "item" or copy.place.field not in ("headline", "body") or not copy.is_empty:
            continue
        what = "headline" if copy.place.field == "headline" else "text"
        yield Found(copy.place, f"It has no {what}. Write one, or delete the item.", what)


def images_without_words(proof: Proof) -> Iterator[Found]:
    """A picture is not put in words: there are none, or only the name of its file."""
    for item in proof.items:
        alt = item.image_alt.strip()
        if item.image and (not alt or FILE_NAME.fullmatch(alt)):
            place = Place("item", item.pk, "image_alt", f"Item “{item.headline}”")
            yield Found(place, "Its picture is not put in words. Say in a sentence what it shows.", item.image.name)


def headings_out_of_order(proof: Proof) -> Iterator[Found]:
    """A small heading stands in a text before any large one."""
    for copy in proof.bodies:
        headings = [block for block in copy.blocks if block.level]
        if headings and headings[0].level > 3 and any(heading.level == 3 for heading in headings):
            text = headings[0].text
            sentence = (
                f"“{text}” is a small heading above the first large one. Make both the same, or change the order."
            )
            yield Found(copy.place, sentence, text)


def long_subject(proof: Proof) -> Iterator[Found]:
    """The title, which is the letter's subject, has more than 60 characters."""
    title = proof.bulletin.title
    if len(title) > LONGEST_SUBJECT:
        sentence = f"It has {len(title)} characters; many inboxes show {LONGEST_SUBJECT} of a subject. Shorten it."
        yield Found(TITLE, sentence, title)


def empty_summary(proof: Proof) -> Iterator[Found]:
    """There is no summary, so that inboxes show whatever the letter begins with."""
    if not proof.bulletin.summary.strip():
        sentence = "It is empty. Write a sentence of 60 to 160 characters: inboxes show it beside the subject."
        yield Found(SUMMARY, sentence, "")


def summary_length(proof: Proof) -> Iterator[Found]:
    """The summary has fewer than 60 or more than 160 characters."""
    summary = proof.bulletin.summary.strip()
    if summary and len(summary) not in SUMMARY_LENGTHS:
        mend = "Say more" if len(summary) < SUMMARY_LENGTHS.start else "Shorten it, or its end is cut off"
        yield Found(SUMMARY, f"It has {len(summary)} characters; 60 to 160 suit inboxes and lists. {mend}.", summary)


def sensitive_words(proof: Proof) -> Iterator[Found]:
    """The title or the summary holds a word that is better not read over somebody's shoulder."""
    for place, text in ((TITLE, proof.bulletin.title), (SUMMARY, proof.bulletin.summary)):
        for found in sensitive().finditer(text):
            sentence = (
                f"“{found[0]}” shows in inboxes and on locked telephones, where pupils and families may read along. "
                "Choose calmer words if the news allows."
            )
            yield Found(place, sentence, f"{found[0]}\0{text}", text)


@cache
def sensitive() -> re.Pattern[str]:
    """Return what finds the words of the list; a star stands for any ending."""
    lines = (line.partition("#")[0].strip() for line in SENSITIVE.read_text(encoding="utf-8").splitlines())
    words = sorted((re.escape(line).replace(r"\*", r"\w*") for line in lines if line), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE)
