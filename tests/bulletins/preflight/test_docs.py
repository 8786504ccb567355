"""docs/editing.md lists the rules as they are."""

from pathlib import Path

from bulletins.preflight.findings import Level
from bulletins.preflight.rules import RULES
from mailings.preflight import LETTER_RULES

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "editing.md"


def test_the_guide_lists_every_rule_with_its_level():
    rules = [(level, rule) for level in Level for rule in (*RULES, *LETTER_RULES) if rule.level is level]
    table = "".join(f"| {level} | {rule.words} |\n" for level, rule in rules)
    assert f"| level | found |\n|---|---|\n{table}\n" in GUIDE.read_text(encoding="utf-8")
