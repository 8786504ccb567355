"""From a file to its text, or to one sentence that says why not."""

import hashlib
import re
import stat
import unicodedata
from pathlib import Path

LARGEST = 1024 * 1024
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Zero-width marks and bidirectional overrides say nothing and mislead.
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")


class NotABulletin(ValueError):
    """The file cannot be read as a bulletin; the message says what, where and how to mend it."""


def read(path: Path) -> str:
    """Return the text of a file in UTF-8, normalised; raises NotABulletin."""
    try:
        _refuse_unfit(path)
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise NotABulletin(f"it cannot be read ({error.strerror}): check the name and its permissions.") from error
    return text_of(data)


def _refuse_unfit(path: Path) -> None:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise NotABulletin("it is not a file: give the plain text file of one bulletin.")
    if found.st_size > LARGEST:
        _refuse_large(found.st_size)


def _refuse_large(size: int) -> None:
    raise NotABulletin(f"it is larger than 1 MB ({size:,} bytes): a bulletin is a few pages, give its plain text only.")


def text_of(data: bytes) -> str:
    """Return bytes as normalised text; raises NotABulletin for what is no plain text in UTF-8."""
    if len(data) > LARGEST:
        _refuse_large(len(data))
    if b"\0" in data:
        raise NotABulletin("it is binary, not plain text: save the bulletin as plain text (.txt, UTF-8).")
    try:
        text = normalised(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotABulletin(f"line {line} is not UTF-8: save the file again as plain text in UTF-8.") from error
    if not text.strip():
        raise NotABulletin("it is empty: give the plain text of one bulletin.")
    _refuse_control_characters(text)
    return text


def _refuse_control_characters(text: str) -> None:
    found = _CONTROL.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        name = f"U+{ord(found[0]):04X}"
        raise NotABulletin(f"line {line} holds a control character ({name}): save the bulletin as plain text again.")


def normalised(text: str) -> str:
    """Return text with composed letters and plain line ends, without invisible marks and trailing space."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    lines = composed.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)


def digest(text: str) -> str:
    """Return the SHA-256 of a text, the same however its lines end and its file was saved."""
    return hashlib.sha256(normalised(text).strip().encode()).hexdigest()
