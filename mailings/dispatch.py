"""The loop that drives all connections of a turn: letters to lines, marks and results to the recorder.

Only this thread touches lines and letters. The recorder, the supply and whoever is connecting work beside it, and
leave what they have in `post`.
"""

import datetime
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from mailings.conversation import Transaction
from mailings.drain import TROUBLE_PAUSE, Drain, Marked
from mailings.ledger import BATCH, Claim
from mailings.line import Line
from mailings.pace import in_hand
from mailings.recorder import Recorder
from mailings.supply import Stock, Supply
from mailings.switchboard import Place, Switchboard
from mailings.transport import Outcome, Result

# Some relays end a connection that carries more.
LETTERS_A_CONNECTION = 100
LOOK_SECONDS = 0.1


class Dispatch(Switchboard):
    """One turn: what was claimed goes to the lines, what is welcome is marked and sent, what is over written down."""

    def __init__(self, drain: Drain, seconds: float, is_stopped: Callable[[], bool]) -> None:
        super().__init__(drain.sender)
        self.drain = drain
        self.until = time.monotonic() + seconds
        self.is_stopped = is_stopped
        self.stock: deque[tuple[float, Claim]] = deque()
        self.marking: dict[int, tuple[Place, Transaction]] = {}
        self.under_way = 0
        self.is_dry = False
        self.fault: Exception | None = None
        self.look_at = 0.0
        self.recorder = Recorder(drain, self.selector, self.tell, self.recorded)
        self.supply = Supply(drain, partial(self.tell, self.supplied))

    def run(self) -> None:
        """Send until nothing is due, the time is over, or it is to stop.

        Raises ConnectionError when the relay is not to be tried again now, and what the database raises.
        """
        try:
            with self.recorder, self.supply:
                while self.goes_on():
                    self.step()
            # What was claimed meanwhile is to be given back.
            self.is_ending = True
            self.read_post()
        finally:
            self.hang_up()
        self.end()

    def end(self) -> None:
        """Give back what was not tried, for a while if the relay failed us. Raises ConnectionError if it did."""
        if self.fault is not None:
            raise self.fault
        self.drain.give_back(TROUBLE_PAUSE if self.is_left else datetime.timedelta())
        if self.is_left:
            self.drain.leave(self.trouble)
            raise ConnectionError(self.trouble.text)

    def step(self) -> None:
        """Do what can be done, and wait for what comes next."""
        self.restock()
        if self.is_ripe:
            self.recorder.take(self.drain.next_round())
        if self.is_short:
            self.is_short = False
            self.assign_all()
        for key, _ in self.selector.select(self.pause()):
            key.data()
        if (now := time.monotonic()) >= self.look_at:
            self.look_at = now + LOOK_SECONDS
            # No event tells of a time that is over, nor of an answer that does not come.
            self.is_over()
            self.lose_silent()

    @property
    def is_ripe(self) -> bool:
        """Whether there is something to record, and nothing is being recorded."""
        return bool(self.drain.round) and not self.recorder.is_busy

    def goes_on(self) -> bool:
        """Whether anything is left to do."""
        if self.under_way or self.marking or self.recorder.is_busy or self.drain.round:
            return True
        return not self.is_over() and (bool(self.stock) or not self.is_dry)

    def is_over(self) -> bool:
        """Whether no letter is to be begun any more."""
        self.is_ending = self.is_ending or self.is_stopped() or time.monotonic() >= self.until
        return self.is_ending

    def pause(self) -> float:
        """Return for how long to wait at most, in seconds."""
        if self.is_ripe:
            return 0
        if not self.stock or not (moment := self.stock[0][0]):
            return LOOK_SECONDS
        self.is_short = True
        left = moment - time.monotonic()
        return min(left, LOOK_SECONDS) if left > 0 else LOOK_SECONDS

    def restock(self) -> None:
        """Have more letters claimed while there are still some to send."""
        if len(self.stock) <= in_hand(BATCH) and not (self.supply.is_asked or self.is_dry or self.is_ending):
            self.supply.ask()

    # What others tell

    def supplied(self, answer: Stock | Exception) -> None:
        """Take in what was claimed; nothing: none is due."""
        self.supply.is_asked = False
        if isinstance(answer, Exception):
            self.fail(answer)
            return
        self.is_dry = not answer
        # A letter whose lease was over while we slept may be claimed anew: it is in hand already.
        held = {claimed.id for _, claimed in self.stock} | {transaction.about.id for transaction in self.begun()}
        held |= self.marking.keys()
        self.stock.extend(entry for entry in answer if entry[1].id not in held)
        self.is_short = True

    def fail(self, fault: Exception) -> None:
        """Begin no letter any more; what is under way is still heard out and written down."""
        self.fault, self.is_ending = fault, True

    def recorded(self, answer: Marked | Exception) -> None:
        """Send the letters whose marks are committed; leave the connections of those that may not leave."""
        self.recorder.is_busy = False
        if isinstance(answer, Exception):
            self.fail(answer)
            answer = Marked(frozenset(), is_stopped=True)
        self.is_ending = self.is_ending or answer.is_stopped
        asked = [pk for pk in self.marking if pk not in self.drain.round.marks]
        for pk in asked:
            place, transaction = self.marking.pop(pk)
            if pk in answer.letters:
                self.marked(place, transaction)
            elif transaction.outcome is None:
                self.under_way -= 1
                self.vacate(place)
            self.assign(place)

    # Letters

    def assign_all(self) -> None:
        """Give every line that is free a letter, and open more where letters wait."""
        for place in self.places:
            self.assign(place)
        if not self.is_ending:
            self.call_for(len(self.stock))

    def assign(self, place: Place) -> None:
        """Begin letters on a line while it is free, and send what there is to send."""
        line = place.line
        if line is None:
            return
        while line.talk.is_free and line.letters < LETTERS_A_CONNECTION and (claimed := self.next_letter()):
            self.begin(line, claimed)
        if line.wants_to_send:
            self.send(place)
        elif line.letters >= LETTERS_A_CONNECTION and line.talk.is_at_rest:
            self.vacate(place)

    def next_letter(self) -> Claim | None:
        """Take the next letter whose moment has come; None while there is none, or none is to be begun."""
        if not self.stock or self.is_ending or self.is_stopped() or self.stock[0][0] > time.monotonic():
            return None
        return self.stock.popleft()[1]

    def begin(self, line: Line, claimed: Claim) -> None:
        """Begin a letter on a line, if it can be written."""
        if claimed.address is None:
            # Whose reader was erased is not marked, and so skipped.
            self.drain.mark(claimed, line.relay)
            return
        transaction = Transaction(claimed.address, claimed)
        try:
            line.begin(transaction)
        except ValueError as error:
            self.drain.refuse(claimed, error)
            return
        self.under_way += 1

    def marked(self, place: Place, transaction: Transaction) -> None:
        """Send a letter that is marked as leaving; its connection may be lost meanwhile."""
        if transaction.outcome is not None:
            self.drain.settle(transaction.about, transaction.outcome)
            return
        assert place.line is not None
        try:
            content = self.drain.content(transaction.about)
        except ValueError as error:
            self.under_way -= 1
            self.drain.refuse(transaction.about, error)
            self.vacate(place)
            return
        place.line.give(transaction, *content)

    def changed(self, place: Place, transactions: list[Transaction]) -> None:
        """Go on with letters that the relay welcomes, settle those that are over."""
        line = place.line
        # One that is welcome and lost in one piece comes twice.
        for transaction in dict.fromkeys(transactions):
            if transaction.outcome is not None:
                self.over(place, transaction, transaction.outcome)
            elif line is not None:
                self.marking[transaction.about.id] = (place, transaction)
                self.drain.mark(transaction.about, line.relay)
        if line is not None and line.talk.is_over:
            self.left_by_relay(place)

    def over(self, place: Place, transaction: Transaction, outcome: Outcome) -> None:
        """Settle a letter, and judge the connection by it."""
        self.under_way -= 1
        claimed: Claim = transaction.about
        if claimed.id in self.marking and self.drain.unmark(claimed):
            del self.marking[claimed.id]
        if claimed.id not in self.marking:
            self.put_away(claimed, outcome)
        self.judge(place, outcome)

    def put_away(self, claimed: Claim, outcome: Outcome) -> None:
        """Settle a letter; one that was only waiting on a line waits here again."""
        if outcome.result is Result.UNTRIED:
            self.stock.appendleft((0.0, claimed))
        else:
            self.drain.settle(claimed, outcome)
