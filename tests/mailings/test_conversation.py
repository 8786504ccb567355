"""SMTP without a socket: what is said, in which order, and what each reply or its absence means for each letter."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailings.conversation import LONGEST_REPLY, Conversation, Transaction
from mailings.transport import Outcome, Result, trouble

FROM = "bulletin@example.org"
TO, NEXT = "reader@example.org", "next@example.org"
CONTENT = b"Subject: Hello\r\n\r\nHello\r\n..dotted\r\n"
DOT = b".\r\n"
MAIL = b"MAIL FROM:<bulletin@example.org>\r\n"
RCPT = b"RCPT TO:<reader@example.org>\r\n"
DATA, RSET = b"DATA\r\n", b"RSET\r\n"
ENVELOPE = MAIL + RCPT + DATA
NEXT_ENVELOPE = MAIL + b"RCPT TO:<next@example.org>\r\n" + DATA
OK, GO_ON, TAKEN = b"250 OK\r\n", b"354 go on\r\n", b"250 taken\r\n"
LOST = trouble(text="the connection was lost")
ACCEPTED = Outcome(Result.ACCEPTED, 250, "taken")
UNTRIED = Outcome(Result.UNTRIED)
EITHER_WAY = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "plain"])


def said(talk: Conversation, most: int | None = None) -> bytes:
    """Take what is to be sent, or only so much of it as the network takes."""
    words = b"".join(talk.outgoing)[:most]
    rest = b"".join(talk.outgoing)[len(words) :]
    talk.outgoing[:] = [rest] if rest else []
    talk.sent += len(words)
    return words


def heard(talk: Conversation, *replies: bytes) -> list[Transaction]:
    """Let the relay answer, each time after it has heard all; return what changed with the last answer."""
    changed: list[Transaction] = []
    for reply in replies:
        said(talk)
        changed = talk.hear(reply)
    return changed


def begun(talk: Conversation, to: str = TO) -> Transaction:
    letter = Transaction(to)
    talk.begin(letter)
    return letter


def welcomed(talk: Conversation, to: str = TO) -> Transaction:
    """Bring a letter as far as the relay's 354."""
    letter = begun(talk, to)
    assert heard(talk, OK, OK, GO_ON) == [letter]
    assert letter.welcome and letter.outcome is None
    return letter


def given_whole(talk: Conversation) -> Transaction:
    """Bring a letter as far as its final dot, which has left."""
    letter = welcomed(talk)
    talk.give(letter, CONTENT)
    said(talk)
    return letter


def two_given(talk: Conversation) -> tuple[Transaction, Transaction]:
    """Have one letter's content on its way, and the next one's envelope behind its dot; nothing of it has left yet."""
    first = welcomed(talk)
    talk.give(first, CONTENT)
    return first, begun(talk, NEXT)


# What is said


def test_without_pipelining_each_command_waits_for_the_answer_before():
    talk = Conversation(FROM, pipelining=False)
    letter = begun(talk)
    assert said(talk) == MAIL
    assert (talk.hear(OK), said(talk)) == ([], RCPT)
    assert (talk.hear(OK), said(talk)) == ([], DATA)
    assert (talk.hear(GO_ON), said(talk)) == ([letter], b"")
    talk.give(letter, CONTENT)
    assert said(talk) == CONTENT + DOT
    assert (talk.hear(TAKEN), said(talk)) == ([letter], b"")
    assert letter.outcome == ACCEPTED


def test_with_pipelining_an_envelope_goes_in_one_piece():
    talk = Conversation(FROM, pipelining=True)
    letter = begun(talk)
    assert talk.outgoing == [ENVELOPE]
    assert heard(talk, OK + OK + GO_ON) == [letter]
    assert said(talk) == b""
    talk.give(letter, CONTENT)
    assert said(talk) == CONTENT + DOT


def test_with_pipelining_the_next_envelope_rides_behind_the_dot():
    talk = Conversation(FROM, pipelining=True)
    first, second = two_given(talk)
    assert said(talk) == CONTENT + DOT + NEXT_ENVELOPE
    assert talk.hear(TAKEN) == [first]
    assert talk.hear(OK + OK) == []
    assert talk.hear(GO_ON) == [second]
    talk.give(second, CONTENT)
    assert said(talk) == CONTENT + DOT
    assert talk.hear(b"451 later\r\n") == [second]
    assert (first.outcome, second.outcome) == (ACCEPTED, Outcome(Result.DEFERRED, 451, "later"))


@EITHER_WAY
def test_letters_follow_each_other_without_a_word_between(pipelining):
    talk = Conversation(FROM, pipelining)
    for _ in range(3):
        letter = welcomed(talk)
        talk.give(letter, CONTENT)
        assert heard(talk, TAKEN) == [letter]
        assert letter.outcome == ACCEPTED
    assert said(talk) == b"" and talk.is_at_rest


@EITHER_WAY
@pytest.mark.parametrize(
    "recipient",
    ["a>b@x", "<a@x", "a b@x", "a\rb@x", "a@x\r\nRSET", "a\n@x", "a\0b@x", "jürgen@example.org", "a@exämple.org"],
    ids=ascii,
)
def test_a_recipient_that_no_command_can_carry_is_refused_before_a_word_is_said(pipelining, recipient):
    talk = Conversation(FROM, pipelining)
    with pytest.raises(ValueError):
        begun(talk, recipient)
    assert said(talk) == b""
    assert talk.is_free and talk.is_at_rest
    assert given_whole(talk).end is not None


def test_nor_does_it_disturb_the_letter_before():
    talk = Conversation(FROM, pipelining=True)
    first = given_whole(talk)
    with pytest.raises(ValueError):
        begun(talk, "a>b@x")
    assert heard(talk, TAKEN) == [first]
    assert talk.is_at_rest


@pytest.mark.parametrize("sender", ["a>b@x", "a\r\nb@x", "jürgen@example.org"], ids=ascii)
def test_nor_is_such_a_sender_ever_said(sender):
    with pytest.raises(ValueError):
        Conversation(sender, pipelining=True)


# Free, at rest


def test_a_plain_line_is_free_only_between_letters():
    talk = Conversation(FROM, pipelining=False)
    assert talk.is_free and talk.is_at_rest
    letter = begun(talk)
    for reply in (OK, OK, GO_ON):
        assert not talk.is_free and not talk.is_at_rest
        heard(talk, reply)
    assert not talk.is_free
    talk.give(letter, CONTENT)
    assert not talk.is_free and not talk.is_at_rest
    heard(talk, TAKEN)
    assert talk.is_free and talk.is_at_rest


def test_a_pipelined_line_is_free_once_a_letter_is_given_whole_for_one_more():
    talk = Conversation(FROM, pipelining=True)
    letter = begun(talk)
    assert not talk.is_free
    heard(talk, OK, OK, GO_ON)
    assert not talk.is_free
    talk.give(letter, CONTENT)
    assert talk.is_free and not talk.is_at_rest
    begun(talk, NEXT)
    assert not talk.is_free
    heard(talk, TAKEN)
    assert not talk.is_free and not talk.is_at_rest


@EITHER_WAY
def test_a_line_is_not_free_until_a_refused_letter_is_taken_back(pipelining):
    talk = Conversation(FROM, pipelining)
    begun(talk)
    for reply in (OK, b"550 no\r\n", b"503 no\r\n" if pipelining else b""):
        assert not talk.is_free and not talk.is_at_rest
        heard(talk, reply)
    assert not talk.is_free and not talk.is_at_rest
    heard(talk, OK)
    assert talk.is_free and talk.is_at_rest


@EITHER_WAY
def test_a_line_that_is_over_is_neither_free_nor_at_rest(pipelining):
    talk = Conversation(FROM, pipelining)
    assert talk.lost(LOST) == []
    assert talk.is_over and not talk.is_free and not talk.is_at_rest


# Replies


@EITHER_WAY
@pytest.mark.parametrize(
    ("reply", "code", "text"),
    [
        (b"250 2.0.0 queued as 4F1\r\n", 250, "2.0.0 queued as 4F1"),
        (b"250-one\r\n250-two\r\n250 three\r\n", 250, "one two three"),
        (b"250-one\n250 two\n", 250, "one two"),
        (b"250\r\n", 250, ""),
        (b"250 \r\n", 250, ""),
        (b"250 caf\xe9\0!\r\n", 250, "caf\N{REPLACEMENT CHARACTER}!"),
        (b"250-1\r\n" * 50 + b"250 2\r\n", 250, "1 " * 50 + "2"),
        (b"250 " + b"x" * (LONGEST_REPLY - 5) + b"\r\n", 250, "x" * (LONGEST_REPLY - 5)),
    ],
    ids=["one line", "three lines", "bare line feeds", "no words", "a blank", "odd bytes", "many lines", "a long line"],
)
def test_a_reply_is_one_line_or_several(pipelining, reply, code, text):
    talk = Conversation(FROM, pipelining)
    letter = given_whole(talk)
    assert talk.hear(reply) == [letter]
    assert letter.outcome == Outcome(Result.ACCEPTED, code, text)
    assert talk.is_at_rest


# What the relay says at each point where it is waited for, to two letters on a pipelined line.
STORIES = [
    [OK + OK + GO_ON, TAKEN + b"250-OK\r\n250 OK\r\n" + OK + GO_ON, b"550-5.7.1 no\r\n550 spam\r\n"],
    [b"250-OK\r\n250 OK\r\n550 no such person\r\n503 nobody\r\n", OK, OK + OK + GO_ON, TAKEN],
    [OK + OK + b"451 not now\r\n", OK, OK + b"450 greylisted\r\n554 nobody\r\n", OK],
    [OK + OK + GO_ON, b"421 closing\r\n"],
    [OK + OK + GO_ON, b"garbage\r\n" + OK],
    [OK + OK + GO_ON, TAKEN + OK + b"550 no such person\r\n" + GO_ON],
    [b"530-log\r\n530 in\r\n"],
    [OK + b"421 slow down\r\n"],
]


def told(story: list[bytes], cuts: set[int]) -> list[tuple[str, bool, Outcome | None]]:
    """Play a story with its bytes cut at these places; return what was told of which letter, then how it ended."""
    talk, waiting = Conversation(FROM, pipelining=True), [TO, NEXT]
    events: list[tuple[str, bool, Outcome | None]] = []
    place = 0
    for replies in story:
        if talk.is_free and waiting:
            begun(talk, waiting.pop(0))
        said(talk)
        ends = [*(cut - place for cut in sorted(cuts) if place < cut < place + len(replies)), len(replies)]
        changed = [
            letter
            for begin, end in zip([0, *ends], ends, strict=False)
            if not talk.is_over
            for letter in talk.hear(replies[begin:end])
        ]
        place += len(replies)
        events += [(letter.recipient, letter.welcome, letter.outcome) for letter in changed]
        for letter in changed:
            if letter.outcome is None:
                talk.give(letter, CONTENT)
    return [*events, ("over", talk.is_over, None), (said(talk).decode(), talk.is_free, None)]


@pytest.mark.parametrize("story", STORIES)
def test_replies_that_come_byte_by_byte_mean_the_same(story):
    assert told(story, set(range(1000))) == told(story, set())


@given(story=st.sampled_from(STORIES), cuts=st.sets(st.integers(1, 150)))
def test_and_so_they_do_cut_anywhere(story, cuts):
    assert told(story, cuts) == told(story, set())


def test_the_stories_are_told_to_their_end():
    ends = [told(story, set()) for story in STORIES]
    assert [event[1] for events in ends for event in events if event[0] == "over"] == [False] * 3 + [True] * 5
    assert {event[2].result for events in ends for event in events if event[2]} == set(Result) - {Result.TROUBLE}


# A letter that is refused


@pytest.mark.parametrize("to_data", [b"503 nobody\r\n", b"554 5.5.1 nobody\r\n", b"451 later\r\n", OK])
def test_a_pipelined_letter_refused_at_its_recipient_is_taken_back_and_the_line_kept(to_data):
    talk = Conversation(FROM, pipelining=True)
    letter = begun(talk)
    said(talk)
    assert talk.hear(OK + b"550 no such person\r\n") == []
    assert said(talk) == b""
    assert talk.hear(to_data) == []
    assert said(talk) == RSET
    assert talk.hear(OK) == [letter]
    assert letter.outcome == Outcome(Result.REFUSED, 550, "no such person")
    assert talk.is_free and talk.is_at_rest


def test_a_relay_that_wants_a_letter_it_has_refused_gets_no_dot():
    talk = Conversation(FROM, pipelining=True)
    letter = begun(talk)
    said(talk)
    assert talk.hear(OK + b"550 no such person\r\n") == []
    assert talk.hear(GO_ON) == [letter]
    assert letter.outcome == Outcome(Result.REFUSED, 550, "no such person")
    assert talk.is_over and said(talk) == b""


@EITHER_WAY
@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ([OK, OK, b"451 not now\r\n"], Outcome(Result.DEFERRED, 451, "not now")),
        ([OK, OK, b"554 no\r\n"], Outcome(Result.REFUSED, 554, "no")),
    ],
)
def test_a_letter_refused_at_its_data_is_taken_back_and_the_line_kept(pipelining, replies, outcome):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    assert heard(talk, *replies) == []
    assert said(talk) == RSET
    assert talk.hear(OK) == [letter]
    assert letter.outcome == outcome
    assert talk.is_at_rest


@EITHER_WAY
@pytest.mark.parametrize("code", [451, 550])
def test_a_letter_refused_after_its_dot_needs_no_taking_back(pipelining, code):
    talk = Conversation(FROM, pipelining)
    letter = given_whole(talk)
    assert talk.hear(b"%d no\r\n" % code) == [letter]
    assert letter.outcome.code == code
    assert said(talk) == b"" and talk.is_at_rest


def refused_and_taken_back(talk: Conversation) -> Transaction:
    """Bring a letter as far as the RSET after its refusal."""
    letter = begun(talk)
    assert heard(talk, OK, b"550 no\r\n", *([b"503 nobody\r\n"] if talk.pipelining else [])) == []
    assert said(talk) == RSET
    return letter


@EITHER_WAY
@pytest.mark.parametrize("reply", [b"500 what\r\n", b"421 closing\r\n", b"garbage\r\n"])
def test_a_relay_that_does_not_take_it_back_is_left_and_the_refusal_stands(pipelining, reply):
    talk = Conversation(FROM, pipelining)
    letter = refused_and_taken_back(talk)
    assert talk.hear(reply) == [letter]
    assert letter.outcome == Outcome(Result.REFUSED, 550, "no")
    assert talk.is_over and said(talk) == b""


@EITHER_WAY
def test_a_refusal_stands_though_the_relay_hangs_up_after_it(pipelining):
    talk = Conversation(FROM, pipelining)
    letter = refused_and_taken_back(talk)
    assert talk.lost(LOST) == [letter]
    assert letter.outcome == Outcome(Result.REFUSED, 550, "no")


def test_a_refusal_stands_though_the_relay_hangs_up_before_it_answers_the_rest_of_the_envelope():
    talk = Conversation(FROM, pipelining=True)
    letter = begun(talk)
    assert heard(talk, OK + b"550 no\r\n") == []
    assert talk.lost(LOST) == [letter]
    assert letter.outcome == Outcome(Result.REFUSED, 550, "no")


# A relay that will not work for us


@EITHER_WAY
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"451 not now\r\n", Outcome(Result.TROUBLE, 451, "not now")),
        (b"553 5.7.1 not your address\r\n", Outcome(Result.TROUBLE, 553, "5.7.1 not your address")),
        (b"530 log in first\r\n", Outcome(Result.LOGIN, 530, "log in first")),
        (b"garbage\r\n", Outcome(Result.TROUBLE, -1, "age")),
        (b"354 what\r\n", Outcome(Result.TROUBLE, 354, "what")),
    ],
)
def test_what_is_held_against_the_sender_is_no_letters_fault(pipelining, reply, outcome):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    assert heard(talk, reply) == [letter]
    assert letter.outcome == outcome
    assert talk.is_over and said(talk) == b""


@EITHER_WAY
@pytest.mark.parametrize("replies", [[OK, b"354 what\r\n"], [OK, b"garbage\r\n"], [OK, OK, OK], [OK, OK, b"334 x\r\n"]])
def test_after_an_answer_that_means_nothing_not_one_word_more_is_said(pipelining, replies):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    assert heard(talk, *replies) == [letter]
    assert letter.outcome.result is Result.TROUBLE
    assert talk.is_over and said(talk) == b""


@EITHER_WAY
@pytest.mark.parametrize(
    ("replies", "result"),
    [
        ([], Result.TROUBLE),
        ([OK], Result.DEFERRED),
        ([OK, OK], Result.DEFERRED),
    ],
    ids=["mail", "rcpt", "data"],
)
def test_a_relay_that_closes_in_the_envelope_is_left(pipelining, replies, result):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    assert heard(talk, *replies, b"421 closing\r\n") == [letter]
    assert letter.outcome == Outcome(result, 421, "closing")
    assert talk.is_over and said(talk) == b""


@EITHER_WAY
def test_a_relay_that_closes_instead_of_taking_a_letter_has_not_taken_it(pipelining):
    talk = Conversation(FROM, pipelining)
    letter = given_whole(talk)
    assert talk.hear(b"421 closing\r\n") == [letter]
    assert letter.outcome == Outcome(Result.DEFERRED, 421, "closing")
    assert talk.is_over


@pytest.mark.parametrize(
    ("reply", "result"),
    [(b"421 closing\r\n", Result.DEFERRED), (b"garbage\r\n", Result.UNKNOWN), (b"354 what\r\n", Result.UNKNOWN)],
)
def test_the_letter_behind_one_whose_line_is_left_was_not_tried(reply, result):
    talk = Conversation(FROM, pipelining=True)
    first, second = two_given(talk)
    assert heard(talk, reply) == [first, second]
    assert (first.outcome.result, second.outcome) == (result, UNTRIED)
    assert talk.is_over


@EITHER_WAY
def test_a_relay_that_closes_while_nothing_is_asked_of_it_is_left(pipelining):
    talk = Conversation(FROM, pipelining)
    assert talk.hear(b"421 idle for too long\r\n") == []
    assert talk.is_over


@EITHER_WAY
@pytest.mark.parametrize("reply", [b"421 idle for too long\r\n", OK])
def test_nor_does_a_letter_leave_whose_relay_speaks_before_it_is_given(pipelining, reply):
    talk = Conversation(FROM, pipelining)
    letter = welcomed(talk)
    assert talk.hear(reply) == [letter]
    assert letter.outcome.result is Result.TROUBLE
    assert talk.is_over and said(talk) == b""


# A reply in the middle of the content


@EITHER_WAY
@pytest.mark.parametrize("left", [0, 1, len(CONTENT) - 1, len(CONTENT)])
@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (b"552 too large\r\n", Result.REFUSED),
        (b"452 no space\r\n", Result.DEFERRED),
        (b"421 closing\r\n", Result.DEFERRED),
        (b"250 taken\r\n", Result.TROUBLE),
        (b"garbage\r\n", Result.TROUBLE),
    ],
)
def test_what_is_said_before_the_dot_has_left_ends_the_line_and_is_no_acceptance(pipelining, left, reply, result):
    talk = Conversation(FROM, pipelining)
    letter = welcomed(talk)
    talk.give(letter, CONTENT)
    said(talk, left)
    assert talk.hear(reply) == [letter]
    assert letter.outcome.result is result
    assert talk.is_over


def test_nor_is_the_letter_behind_it_tried():
    talk = Conversation(FROM, pipelining=True)
    first, second = two_given(talk)
    said(talk, len(CONTENT))
    assert talk.hear(b"552 too large\r\n") == [first, second]
    assert (first.outcome, second.outcome) == (Outcome(Result.REFUSED, 552, "too large"), UNTRIED)


# A lost connection


@EITHER_WAY
@pytest.mark.parametrize("replies", [[], [OK], [OK, OK], [OK, OK, GO_ON]], ids=["mail", "rcpt", "data", "welcome"])
def test_what_is_lost_before_the_content_is_trouble(pipelining, replies):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    heard(talk, *replies)
    assert talk.lost(LOST) == [letter]
    assert letter.outcome == LOST


@EITHER_WAY
@pytest.mark.parametrize("left", range(len(CONTENT) + len(DOT) + 1))
def test_it_is_unknown_from_the_dots_first_byte_on(pipelining, left):
    talk = Conversation(FROM, pipelining)
    letter = welcomed(talk)
    talk.give(letter, CONTENT)
    said(talk, left)
    assert talk.lost(LOST) == [letter]
    assert letter.outcome.result is (Result.UNKNOWN if left > len(CONTENT) else Result.TROUBLE)
    assert letter.outcome.text == LOST.text


@pytest.mark.parametrize("left", [len(CONTENT), len(CONTENT + DOT), len(CONTENT + DOT + NEXT_ENVELOPE)])
def test_the_letter_behind_a_lost_one_was_not_tried(left):
    talk = Conversation(FROM, pipelining=True)
    first, second = two_given(talk)
    said(talk, left)
    assert talk.lost(LOST) == [first, second]
    assert first.outcome.result is (Result.UNKNOWN if left > len(CONTENT) else Result.TROUBLE)
    assert second.outcome == UNTRIED


def test_one_whose_turn_has_come_is_lost_like_a_first():
    talk = Conversation(FROM, pipelining=True)
    first, second = two_given(talk)
    assert heard(talk, TAKEN) == [first]
    assert talk.lost(LOST) == [second]
    assert (first.outcome, second.outcome) == (ACCEPTED, LOST)


@EITHER_WAY
def test_the_dot_of_a_later_letter_is_counted_from_where_it_is(pipelining):
    talk = Conversation(FROM, pipelining)
    talk.give(welcomed(talk), CONTENT)
    heard(talk, TAKEN)
    second = welcomed(talk, NEXT)
    talk.give(second, CONTENT)
    said(talk, len(CONTENT))
    assert talk.lost(LOST) == [second]
    assert second.outcome == LOST


@EITHER_WAY
def test_who_is_not_to_blame_was_not_tried(pipelining):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    assert talk.lost(LOST, blames=False) == [letter]
    assert letter.outcome == UNTRIED


# A reply without an end


ENDLESS = {
    "a line": [b"250 " + b"x" * LONGEST_REPLY],
    "a line that ends after all": [b"250 " + b"x" * LONGEST_REPLY + b"\r\n"],
    "a line in pieces": [b"x" * 100] * 100,
    "lines": [b"250-x\r\n" * (LONGEST_REPLY + 1)],
    "lines in pieces": [b"250-x\r\n"] * (LONGEST_REPLY + 1),
}


@EITHER_WAY
@pytest.mark.parametrize("pieces", ENDLESS.values(), ids=ENDLESS)
def test_a_reply_without_an_end_is_not_waited_for(pipelining, pieces):
    talk = Conversation(FROM, pipelining)
    letter = given_whole(talk)
    changed = [told for piece in pieces if not talk.is_over for told in talk.hear(piece)]
    assert changed == [letter]
    assert (letter.outcome.result, letter.outcome.text) == (Result.UNKNOWN, "a reply without an end")
    assert talk.is_over


@EITHER_WAY
@pytest.mark.parametrize("pieces", ENDLESS.values(), ids=ENDLESS)
def test_before_the_dot_it_is_trouble(pipelining, pieces):
    talk = Conversation(FROM, pipelining)
    letter = begun(talk)
    said(talk)
    changed = [told for piece in pieces if not talk.is_over for told in talk.hear(piece)]
    assert changed == [letter]
    assert letter.outcome.result is Result.TROUBLE


# Any relay, any network


class AnyRelay:
    """A relay that answers whatever it likes and tells itself what it took; it notices what is said out of turn.

    `taken` are the recipients of the letters that it has, from before it says so.
    """

    def __init__(self, choices: Iterator[int]) -> None:
        self.choices = choices
        self.unread = b""
        self.replies = b""
        self.recipient: str | None = None
        self.takes_content = self.is_gone = False
        self.content = b""
        self.taken: list[str] = []

    def choose(self, *answers: bytes) -> bytes:
        """Choose an answer; the first is by far the likeliest."""
        return [*[answers[0]] * 12, *answers][next(self.choices) % (12 + len(answers))]

    def hear(self, data: bytes) -> None:
        assert not (data and self.is_gone), "said to a relay that must not be told one word more"
        self.unread += data
        while not self.is_gone and b"\n" in self.unread:
            line, _, self.unread = self.unread.partition(b"\n")
            if self.takes_content:
                self.hear_content(line + b"\n")
            else:
                self.hear_command(line + b"\n")

    def hear_command(self, line: bytes) -> None:
        verb = line[:4]
        if verb == b"MAIL":
            assert line == MAIL
            self.recipient = None
            self.answer(
                self.choose(b"250 OK", b"250-OK\r\n250 OK", b"451 no", b"550 no", b"530 no", b"421 bye", b"xyz")
            )
        elif verb == b"RCPT":
            answer = self.choose(b"250 OK", b"550 no", b"450 no", b"421 bye", b"354 what", b"xyz")
            if answer == b"250 OK":
                self.recipient = line[9:-3].decode()
            self.answer(answer)
        elif verb == b"DATA":
            self.hear_data()
        else:
            assert line == RSET, f"{line!r} is no command"
            self.answer(self.choose(b"250 OK", b"500 what", b"421 bye"))

    def hear_data(self) -> None:
        if self.recipient is None:
            answer = self.choose(b"503 nobody", b"554 nobody", b"354 go on", b"421 bye")
        else:
            answer = self.choose(b"354 go on", b"451 no", b"554 no", b"421 bye", b"250 what", b"xyz")
        self.takes_content = answer == b"354 go on"
        self.answer(answer)

    def hear_content(self, line: bytes) -> None:
        assert self.recipient is not None, "a dot or a word of content went to a relay that knows no recipient"
        if line != DOT:
            self.content += line
            if self.choose(b"", b"", b"552 too large") and not self.is_gone:
                self.answer(b"552 too large")
                self.is_gone = True
            return
        assert self.content == CONTENT
        answer = self.choose(b"250 taken", b"250-well\r\n250 taken", b"451 no", b"550 no", b"421 bye", b"354 x", b"xyz")
        if answer not in (b"451 no", b"550 no", b"421 bye"):
            # One that says what means nothing may have taken it all the same.
            self.taken.append(self.recipient)
        self.takes_content, self.content, self.recipient = False, b"", None
        self.answer(answer)

    def answer(self, words: bytes) -> None:
        self.replies += words + b"\r\n"


def play(pipelining: bool, choices: list[int], steps: int) -> tuple[AnyRelay, list[Transaction]]:
    """Send letters to any relay over any network, and lose the connection after some steps."""
    source = iter(choices)
    endless = iter(lambda: next(source, 0), None)
    talk, relay = Conversation(FROM, pipelining), AnyRelay(endless)
    letters: list[Transaction] = []
    unmarked: list[Transaction] = []
    network = b""
    for _ in range(steps):
        if talk.is_over:
            break
        if talk.is_free and len(letters) < 6:
            letters.append(begun(talk, f"reader{len(letters)}@example.org"))
        if unmarked and next(endless) % 3 != 1:
            letter = unmarked.pop()
            if letter.outcome is None:
                talk.give(letter, CONTENT)
        network += said(talk, [None, 1, 7, len(CONTENT)][next(endless) % 4])
        arrived = [len(network), 0, 5, 40][next(endless) % 4]
        if not relay.is_gone:
            relay.hear(network[:arrived])
        network = network[arrived:]
        number = [len(relay.replies), 0, 1, 9][next(endless) % 4]
        piece, relay.replies = relay.replies[:number], relay.replies[number:]
        for letter in talk.hear(piece):
            assert letter.welcome or letter.outcome is not None
            if letter.outcome is None:
                unmarked.append(letter)
    if not talk.is_over:
        talk.lost(LOST)
    assert talk.is_over
    return relay, letters


@settings(max_examples=400, deadline=None)
@given(pipelining=st.booleans(), choices=st.lists(st.integers(0, 1 << 30), max_size=250), steps=st.integers(1, 80))
def test_whatever_relay_and_network_do_no_letter_is_called_what_it_is_not(pipelining, choices, steps):
    relay, letters = play(pipelining, choices, steps)
    assert len(relay.taken) == len(set(relay.taken))
    for letter in letters:
        assert letter.outcome is not None
        if letter.outcome.result is Result.ACCEPTED:
            assert letter.recipient in relay.taken
        elif letter.outcome.result is not Result.UNKNOWN:
            assert letter.recipient not in relay.taken


@EITHER_WAY
def test_a_relay_and_a_network_that_do_well_take_all(pipelining):
    relay, letters = play(pipelining, [], 80)
    assert [letter.outcome for letter in letters] == [ACCEPTED] * 6
    assert relay.taken == [letter.recipient for letter in letters]
