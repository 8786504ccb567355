"""From a file to its text."""

import os
from pathlib import Path

import pytest

from bulletins.importing.reading import LARGEST, NotABulletin, digest, read, text_of


def refusal_of(path: Path) -> str:
    with pytest.raises(NotABulletin) as refused:
        read(path)
    return str(refused.value)


def test_reads_a_text_whatever_its_line_ends_and_mark(tmp_path):
    file = tmp_path / "issue.txt"
    file.write_bytes(b"\xef\xbb\xbfTitle\r\n\xc2\xa0\r\nText  \rMore")
    assert read(file) == "Title\n\nText\nMore"


def test_refuses_an_empty_file(tmp_path):
    file = tmp_path / "issue.txt"
    file.write_bytes(b"\xef\xbb\xbf \r\n\xc2\xa0\n")
    assert "it is empty" in refusal_of(file)


def test_refuses_a_file_of_fifty_megabytes_without_reading_it(tmp_path):
    file = tmp_path / "issue.txt"
    with file.open("wb") as opened:
        os.truncate(opened.fileno(), 50_000_000)
    assert "larger than 1 MB (50,000,000 bytes)" in refusal_of(file)


def test_reads_a_file_of_just_one_megabyte():
    assert len(text_of(b"a" * LARGEST)) == LARGEST
    with pytest.raises(NotABulletin, match="larger than 1 MB"):
        text_of(b"a" * (LARGEST + 1))


def test_refuses_binary():
    with pytest.raises(NotABulletin, match="it is binary"):
        text_of(b"PK\x03\x04\x00\x00")


def test_names_the_line_that_is_not_utf8():
    with pytest.raises(NotABulletin, match="line 3 is not UTF-8"):
        text_of("Title\n\ncafé".encode("latin-1"))


def test_names_the_line_with_a_control_character():
    with pytest.raises(NotABulletin, match=r"line 2 holds a control character \(U\+001B\)"):
        text_of(b"Title\n\x1b[31mred")


def test_refuses_a_missing_file_and_a_folder(tmp_path):
    assert "cannot be read (No such file or directory)" in refusal_of(tmp_path / "absent.txt")
    assert "it is not a file" in refusal_of(tmp_path)


def test_drops_marks_that_nobody_sees():
    assert text_of("\u200bTi\u202etle\ufeff".encode()) == "Title"


def test_digest_is_of_the_words_not_of_how_they_were_saved():
    assert digest("Cafe\u0301\r\nopen \r\n\r\n") == digest("Café\nopen")
    assert digest("Café\nopen") != digest("Café\nclosed")
