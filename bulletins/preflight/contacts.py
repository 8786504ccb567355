"""Rules about whom readers call or write to: helplines and the address for feedback."""

import re
from collections.abc import Iterator

from bulletins.preflight.findings import Found, Place
from bulletins.preflight.proof import Proof
from bulletins.prose import MAIL_ADDRESS, around, asks_for_feedback
from bulletins.schedule import london_date
from resources.models import Helpline

# A number as people write it, in groups: of a telephone, or a code that is texted.
NUMBER = re.compile(r"(?<![\w/.,£$€-])(?:\+44[ -]?(?:\(0\)[ -]?)?)?[0-9](?:[ -]?[0-9]){4,12}(?![\w/%-]|[.,][0-9])")
FREE = re.compile(r"0800|0808|116[0-9]{3}")
SENTENCE_END = re.compile(r"[.!?](?=\s)")
HELPLINE = re.compile(r"\b(?:helpline|hotline)\b", re.IGNORECASE)
REPLY = re.compile(r"\breply(?:ing)?\b", re.IGNORECASE)
TEXTED, CODE = re.compile(r"\btext\b", re.IGNORECASE), 5
TELEPHONE = re.compile(r"0|116")
# How far behind a name its number may stand, in characters.
REACH = 60
FEEDBACK = Place("publication", None, "feedback_address", "Publication")


def digits(number: str) -> str:
    """Return a number as it is dialled inside the country."""
    dialled = re.sub(r"\D", "", number.replace("(0)", ""))
    return f"0{dialled[2:]}" if number.strip().startswith("+44") else dialled


def wrong_helpline_numbers(proof: Proof) -> Iterator[Found]:
    """A helpline of our list is named with a number that is not its own."""
    known = {number for helpline in proof.helplines for number in own_numbers(helpline)}
    for copy, block in proof.blocks:
        for found in NUMBER.finditer(block.text):
            helpline = named_before(block.text, found, proof.helplines)
            number = digits(found[0])
            if helpline is None or not TELEPHONE.match(number) or number in own_numbers(helpline):
                continue
            whose = "is another helpline’s" if number in known else "is not in our list"
            sentence = (
                f"{found[0]} {whose}: {helpline.name} has {helpline.number}. Correct it; if it is another service of "
                "theirs, add that to the helplines under its own name."
            )
            yield Found(copy.place, sentence, f"{helpline.number} {block.text}", around(block.text, found.start(), 40))


def named_before(text: str, number: re.Match[str], helplines: tuple[Helpline, ...]) -> Helpline | None:
    """Return the helpline whose name stands last before a number in its sentence, no other number in between."""
    before = text[max(0, number.start() - REACH) : number.start()]
    ends = [end.end() for pattern in (SENTENCE_END, NUMBER) for end in pattern.finditer(before)]
    before = before[max(ends, default=0) :]
    places = [
        (before.rfind(helpline.name) + len(helpline.name), len(helpline.name), helpline)
        for helpline in helplines
        if len(digits(helpline.number)) >= 5 and re.search(rf"\b{re.escape(helpline.name)}\b", before)
    ]
    return max(places, key=lambda place: place[:2])[2] if places else None


def own_numbers(helpline: Helpline) -> set[str]:
    """Return the numbers under which a helpline is reached."""
    written = [helpline.number, *(found[0] for found in NUMBER.finditer(helpline.other_way))]
    # 999 and 101 need no check, and stand for much else.
    return {number for number in map(digits, written) if len(number) >= 5}


def unchecked_numbers(proof: Proof) -> Iterator[Found]:
    """A helpline's number is not in our list, or nobody has checked it within a year."""
    ours = {number: helpline for helpline in proof.helplines for number in own_numbers(helpline)}
    for copy, block in proof.blocks:
        for found in NUMBER.finditer(block.text):
            helpline = ours.get(digits(found[0])) if is_called(block.text, found) else None
            if helpline is None:
                lack = is_helpline(block.text, found) and named_before(block.text, found, proof.helplines) is None
                mend = "is not in our list of helplines. Call it once, and add it there."
            else:
                lack = helpline.is_overdue(london_date(proof.at))
                mend = f"({helpline.name}) was not checked within the last year. Check it on the helpline’s page."
            if lack:
                shown = around(block.text, found.start(), 40)
                yield Found(copy.place, f"{found[0]} {mend}", f"{found[0]}\0{block.text}", shown)


def is_called(text: str, number: re.Match[str]) -> bool:
    """Tell whether a number is to be dialled: five digits may be anything, unless one is asked to text them."""
    return len(digits(number[0])) > CODE or bool(TEXTED.search(text[max(0, number.start() - REACH) : number.start()]))


def is_helpline(text: str, number: re.Match[str]) -> bool:
    """Tell whether a number is one to call for help: free of charge, or a helpline's by the words before it."""
    if FREE.match(digits(number[0])):
        return True
    before = text[max(0, number.start() - REACH) : number.start()]
    return bool(HELPLINE.search(before))


def no_feedback_address(proof: Proof) -> Iterator[Found]:
    """The publication has no address for feedback, so that answers go nowhere."""
    if not proof.publication.feedback_address:
        sentence = "It has no address for feedback: readers are not asked what they think, and answers may be lost."
        yield Found(FEEDBACK, f"{sentence} Give it one.", "")


def feedback_without_address(proof: Proof) -> Iterator[Found]:
    """A text asks for feedback, and gives no address."""
    for copy in proof.bodies:
        for block in copy.blocks:
            if block.is_quoted or block.links or not asks_for_feedback(block.text):
                continue
            if not MAIL_ADDRESS.search(block.text) and not REPLY.search(block.text):
                sentence = "It asks readers what they think, and gives no address. Add it, or a link."
                yield Found(copy.place, sentence, block.text)
