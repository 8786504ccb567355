"""What was counted a moment ago: one count for all who ask at once, and a fresh one after an act."""

import threading
import time

from mailings.kept import Kept


def slow_count(counted: list[int]) -> int:
    time.sleep(0.05)
    counted.append(1)
    return len(counted)


def test_ten_who_ask_at_once_cost_one_count():
    kept, counted, answers = Kept(), [], []
    asking = [
        threading.Thread(target=lambda: answers.append(kept.get("a", lambda: slow_count(counted)))) for _ in "x" * 10
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert (len(counted), answers) == (1, [1] * 10)


def test_other_questions_have_their_own_answers():
    kept = Kept()
    assert [kept.get(key, lambda key=key: key.upper()) for key in "aba"] == ["A", "B", "A"]


def test_after_an_act_it_is_counted_anew():
    kept, counted = Kept(), []
    assert kept.get("a", lambda: slow_count(counted)) == 1
    kept.forget()
    assert kept.get("a", lambda: slow_count(counted)) == 2


def test_what_took_long_is_kept_ten_times_as_long(monkeypatch):
    moments = iter([0, 1, 10.9, 11.1, 11.2])
    monkeypatch.setattr("mailings.kept.time.monotonic", lambda: next(moments))
    kept, counts = Kept(), iter("ab")
    assert [kept.get("a", lambda: next(counts)) for _ in range(3)] == ["a", "a", "b"]
