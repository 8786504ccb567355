"""A letter as bytes: encoded once, then joined with one reader's own parts.

The decoded text is cut at its slots and each piece is quoted-printable encoded by itself, with a soft line
break on either side of a slot; so a value of at most 76 URL-safe characters needs no encoding of its own.
"""

import re
from dataclasses import dataclass
from email.header import Header
from email.quoprimime import body_encode

SLOT = re.compile("\x02(address|message_id|token|date)\x03")
# RFC 2045, 6.7: encoded lines have at most 76 characters; some room is left for the soft break.
QP_WIDTH = 72
# RFC 2047, 2: so has a line with encoded words; the field's name stands before the first of them.
FIELD_WIDTH, ENCODED_WORD = 76, 60
BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]")


def slot(name: str) -> str:
    """Return the mark of a reader's own value; its control characters cannot be typed by an editor."""
    return f"\x02{name}\x03"


@dataclass(frozen=True)
class Reader:
    """One reader's own values: address, Message-ID with its brackets, letter token."""

    address: str
    message_id: str
    token: str


@dataclass(frozen=True)
class Letter:
    """A frozen letter, ready to be joined: literal bytes, dot-stuffed (RFC 5321, 4.5.2), and slot names in turns."""

    parts: tuple[bytes | str, ...]

    def for_reader(self, reader: Reader) -> bytes:
        """Return the letter's DATA for one reader, without the final dot."""
        return b"".join(self.pieces_for(reader))

    def pieces_for(self, reader: Reader) -> list[bytes]:
        """Return the same in the pieces of which it is made, for whoever joins them with more."""
        own = {
            "address": reader.address.encode("ascii"),
            "message_id": reader.message_id.encode("ascii"),
            "token": reader.token.encode("ascii"),
        }
        parts: list = [*self.parts]
        # The slots stand between literals; a mailing has thousands of readers.
        parts[1::2] = [own[name] for name in parts[1::2]]
        return parts

    def with_marks(self) -> bytes:
        """Return the letter as its receiver reads it, with the slots' marks where a reader's own values go."""
        marked = b"".join(part if isinstance(part, bytes) else slot(part).encode() for part in self.parts)
        return unstuffed(marked)


def refuse_breaks(name: str, value: str) -> None:
    """Raise a ValueError for a value with which a field would end early."""
    if BREAKS.search(value):
        raise ValueError(f"The {name} of a letter cannot hold a line break or another control character.")


def encoded(text: str) -> str:
    """Return free text as ASCII: itself, or encoded words (RFC 2047), also where it only looks like one."""
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=ENCODED_WORD).encode(splitchars="", linesep="")


def named(name: str, words: str, address: str) -> str:
    """Return the value of a field that is an address, or a list's id, with words before it."""
    refuse_breaks(name, words)
    words = " ".join(words.split())
    phrase = encoded(words)
    if phrase == words:
        phrase = '"' + re.sub(r'(["\\])', r"\\\1", words) + '"'
    return f"{phrase} <{address}>"


def header(name: str, value: str) -> str:
    """Return one header field with its line end, broken before blanks; of all fields only Subject is free text.

    Python's own header classes are not asked: before 3.11.10 they read a line break out of an encoded word.
    """
    refuse_breaks(name, value)
    lines, line = [], f"{name}:"
    for word in (encoded(value) if name == "Subject" else value).split():
        if len(f"{line} {word}") > FIELD_WIDTH and line.strip() != f"{name}:":
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"


def quoted_printable(text: str) -> str:
    """Encode one literal piece; a blank at its end is written =20: the encoder takes the line as going on."""
    unix = re.sub(r"\r\n?", "\n", text).encode().decode("latin-1")
    lines = body_encode(unix, maxlinelen=QP_WIDTH, eol="\r\n")
    return re.sub(r"[ \t]\Z", lambda blank: f"={ord(blank[0]):02X}", lines)


def encoded_body(text: str) -> list[str]:
    """Return a body as encoded literals (even places) and slot names (odd places)."""
    pieces = SLOT.split(text)
    last = len(pieces) - 1
    for place in range(0, len(pieces), 2):
        before = "=\r\n" if place > 0 else ""
        after = "=\r\n" if place < last else ""
        pieces[place] = before + quoted_printable(pieces[place]) + after
    return pieces


def part_of(kind: str, text: str) -> list[str]:
    """Return one body part of the multipart with its header, as literals and slot names."""
    top = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    body = encoded_body(text)
    return [top + body[0], *body[1:]]


def joined(left: list[str], right: list[str]) -> list[str]:
    """Join two runs of literals and slot names; both begin and end with a literal."""
    return [*left[:-1], left[-1] + right[0], *right[1:]]


def build(headers: list[tuple[str, str]], text: str, html: str, boundary: str) -> Letter:
    """Build a multipart/alternative letter once (RFC 2046, 5.1.4); values in `headers` may hold slots.

    Raises ValueError where a header cannot be written or the two bodies hold no token slot.
    """
    if slot("token") not in text or slot("token") not in html:
        raise ValueError("A letter must hold its reader's unsubscribe link in both of its parts.")
    top = "".join(raw_or_folded(name, value) for name, value in headers)
    top += f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    run = joined([*SLOT.split(top)], [f"--{boundary}\r\n"])
    run = joined(run, part_of("plain", text))
    run = joined(run, [f"\r\n--{boundary}\r\n"])
    run = joined(run, part_of("html", html))
    run = joined(run, [f"\r\n--{boundary}--\r\n"])
    return Letter(tuple(stuffed(piece) if not place % 2 else piece for place, piece in enumerate(run)))


def raw_or_folded(name: str, value: str) -> str:
    """Write a field that holds a slot as it is (it must stay on one line), any other one folded."""
    if SLOT.search(value):
        return f"{name}: {value}\r\n"
    return header(name, value)


def unstuffed(data: bytes) -> bytes:
    """Return a letter as its receiver reads it, the doubled dots single again (RFC 5321, 4.5.2)."""
    return data.replace(b"\n..", b"\n.")


def stuffed(literal: str) -> bytes:
    """Return a literal as bytes with leading dots doubled; each literal starts a line or follows a value."""
    data = literal.encode("ascii")
    if data.startswith(b"."):
        raise ValueError("A literal beside a slot must not begin with a dot.")
    return re.sub(rb"\n\.", b"\n..", data)
