"""Each rule, with texts that must raise it and texts that must not."""

import pytest

from bulletins.preflight.rules import RULES
from mailings.preflight import LETTER_RULES, checklist
from tests.bulletins.preflight.cases import corpus, make_issue, named_cases
from tests.factories import MARCH

pytestmark = pytest.mark.django_db
NAMES = [*(rule.name for rule in RULES), *(rule.name for rule in LETTER_RULES)]


def raised(case) -> set[str]:
    bulletin = make_issue(case)
    return {entry.finding.rule for entry in checklist(bulletin, bulletin.publish_at or MARCH).entries}


@pytest.mark.parametrize(("rule", "case"), named_cases("raises"))
def test_it_is_found(rule, case):
    assert rule in raised(case)


@pytest.mark.parametrize(("rule", "case"), named_cases("keeps"))
def test_it_is_left_alone(rule, case):
    assert rule not in raised(case)


@pytest.mark.parametrize("rule", NAMES)
def test_every_rule_has_three_texts_of_either_kind(rule):
    cases = corpus()[rule]
    assert min(len(cases["raises"]), len(cases["keeps"])) >= 3


def test_the_corpus_names_no_other_rule():
    assert set(corpus()) == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("rule", [*RULES, *LETTER_RULES], ids=NAMES)
def test_a_rule_says_in_one_sentence_what_it_finds(rule):
    assert rule.words.endswith(".")
    assert ". " not in rule.words
    assert len(rule.words) <= 120
