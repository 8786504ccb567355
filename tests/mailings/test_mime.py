import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.mime import Letter, Reader, build, header, named, slot
from tests.relay import parsed

READER = Reader("reader@example.org", "<b1.0123456789abcdef@bulletin.example.org>", "-" + "aB3_" * 10 + "xy")
LETTERS = st.characters(codec="utf-8", exclude_characters="\x02\x03")
AWKWARD = st.sampled_from(
    [
        ".",
        "..two",
        ".x" * 300,
        " ",
        "\t",
        "trailing  ",
        "\n",
        "\r\n",
        "\r",
        "\n.\n",
        "=",
        "=20",
        "é" * 90,
        "☃️" * 40,
        "--",
        "x" * 1200,
    ]
)
PIECES = st.lists(st.one_of(AWKWARD, st.text(LETTERS, max_size=60), st.just(slot("token"))), max_size=12)
BODIES = PIECES.map(lambda pieces: "".join([*pieces, slot("token")])) | PIECES.map(
    lambda pieces: "".join([slot("token"), *pieces])
)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=150
).filter(lambda name: name.strip())


def letter_with(text: str, html: str = f"<p>{slot('token')}</p>", subject: str = "March") -> Letter:
    headers = [("From", "Us <us@example.org>"), ("Subject", subject), ("To", slot("address"))]
    return build([*headers, ("Message-ID", slot("message_id"))], text, html, "=_boundary")


def unstuffed(data: bytes) -> bytes:
    """Take the doubled dots away, as a relay does, line by line."""
    return b"".join(line[1:] if line.startswith(b".") else line for line in data.splitlines(keepends=True))


def received(letter: Letter) -> EmailMessage:
    return parsed(unstuffed(letter.for_reader(READER)))


def filled(body: str) -> str:
    """The body as it was meant, with Python's line ends and without those at its end."""
    return re.sub(r"\r\n?", "\n", body).replace(slot("token"), READER.token).rstrip("\n")


def content(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n").rstrip("\n")


# Bodies


@given(BODIES, BODIES)
@settings(deadline=None, max_examples=300)
def test_both_bodies_come_back_as_they_were_with_the_values_in_place(text, html):
    letter = received(letter_with(text, html))
    assert content(letter, "plain") == filled(text)
    assert content(letter, "html") == filled(html)
    assert [d for part in letter.walk() for d in part.defects] == []


@given(BODIES)
@settings(deadline=None, max_examples=200)
def test_no_line_is_longer_than_mail_may_be(body):
    data = letter_with(body, body).for_reader(READER)
    assert data.endswith(b"\r\n")
    lines = data.split(b"\r\n")
    _, encoded = data.split(b"\r\n\r\n", 1)
    assert max(len(line.removeprefix(b".")) for line in encoded.split(b"\r\n")) <= 76
    assert max(map(len, lines)) <= 998
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    assert b"." not in lines


def test_a_line_with_one_dot_does_not_end_the_letter():
    letter = received(letter_with(f"one\n.\ntwo {slot('token')}\n..\n"))
    assert content(letter, "plain") == f"one\n.\ntwo {READER.token}\n.."


def test_two_slots_side_by_side():
    assert content(received(letter_with(slot("token") * 2)), "plain") == READER.token * 2


def test_trailing_blanks_survive():
    body = f"-- \nus \t\n{slot('token')} "
    assert content(received(letter_with(body)), "plain") == filled(body)


def test_the_same_letter_has_the_same_bytes():
    one, two = (letter_with(f"Words {slot('token')}").for_reader(READER) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(("text", "html"), [("no link", slot("token")), (slot("token"), "no link")])
def test_a_letter_without_its_readers_link_is_refused(text, html):
    with pytest.raises(ValueError, match="unsubscribe link in both"):
        letter_with(text, html)


def test_the_structure_is_text_then_html():
    letter = received(letter_with(f"Text {slot('token')}"))
    assert letter.get_content_type() == "multipart/alternative"
    kinds = [(p.get_content_type(), p.get_content_charset()) for p in letter.iter_parts()]
    assert kinds == [("text/plain", "utf-8"), ("text/html", "utf-8")]


# Headers


def read_back(data: bytes) -> str:
    """Return a header's value as a reader sees it, by the decoder that heeds RFC 2047 between encoded words."""
    _, value = data.decode("ascii").split(":", 1)
    return str(make_header(decode_header(re.sub(r"\r\n(?=[ \t])", "", value).strip())))


def assert_well_formed(data: bytes) -> None:
    *lines, last = data.split(b"\r\n")
    assert last == b""
    assert max(map(len, lines)) <= 998
    assert all(line[:1] == b" " and line.strip() for line in lines[1:])
    assert all(len(line) <= 76 for line in lines if b"=?" in line)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)


@given(NAMES)
@settings(deadline=None, max_examples=300)
def test_any_subject_comes_back(subject):
    subject = " ".join(subject.split())
    data = header("Subject", subject).encode("ascii")
    assert_well_formed(data)
    assert parsed(data)["Subject"] == read_back(data) == subject


@given(NAMES)
@settings(deadline=None, max_examples=300)
def test_any_sender_name_comes_back(name):
    name = " ".join(name.split())
    data = header("From", named("From", name, "us@example.org")).encode("ascii")
    assert_well_formed(data)
    value = data.decode("ascii").partition(":")[2].replace("\r\n", "")
    phrase, address = parseaddr(value)
    assert address == "us@example.org"
    assert str(make_header(decode_header(phrase))) == name


AWKWARD_NAMES = [
    "☃ Snow 🎉 and a party",
    'The "Quoted", Ltd',
    "Commas, and; semicolons: (all) <of> them @ once",
    "x" * 150,
    "é" * 150,
    "🎉" * 150,
    "ends with a backslash \\",
    "=?utf-8?q?looks_encoded?=",
    'Ärger, "quoted" and 🎉 ' + "long " * 19 + "long",
]


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_sender_names_come_back(name):
    data = header("From", named("From", name, "us@example.org")).encode("ascii")
    assert_well_formed(data)
    (sender,) = parsed(data)["From"].addresses
    # Python before 3.12 reads a blank between two encoded words that is not there.
    assert sender.addr_spec == "us@example.org"
    assert "=?" in name or sender.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize("subject", AWKWARD_NAMES)
def test_awkward_subjects_come_back(subject):
    data = header("Subject", subject).encode("ascii")
    assert_well_formed(data)
    assert parsed(data)["Subject"] == subject


BREAKS = ["a\nBcc: z@example.org", "a\rb", "a\r\nb", "a\0b", "a\x0bb", "a\x85b", "a\u2028b"]


@pytest.mark.parametrize("value", BREAKS)
@pytest.mark.parametrize("name", ["Subject", "From", "List-Id"])
def test_line_breaks_in_a_header_are_refused_in_words(name, value):
    with pytest.raises(ValueError, match=f"The {name} of a letter cannot hold a line break"):
        header(name, value)
    with pytest.raises(ValueError, match=f"The {name} of a letter cannot hold a line break"):
        named(name, value, "us@example.org")


HIDDEN = "=?utf-8?q?a=0D=0ABcc:_z@example.org?="


@pytest.mark.parametrize("field", [header("Subject", HIDDEN), header("From", named("From", HIDDEN, "us@example.org"))])
def test_a_line_break_hidden_in_an_encoded_word_stays_words(field):
    letter = parsed(field.encode("ascii"))
    assert letter["Bcc"] is None
    assert HIDDEN in read_back(field.encode("ascii"))


@pytest.mark.parametrize("name", ["List-Archive", "List-Id", "Reply-To"])
def test_a_long_address_is_written_as_it_is(name):
    value = f"<https://{'long.' * 20}example.org/bulletins/>"
    assert header(name, value) == f"{name}: {value}\r\n"
