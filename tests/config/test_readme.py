"""What the README leads to is there, and light enough for everybody's clone."""

import re

from tests.config.machine import ROOT
from tests.config.test_makefile import TARGETS

README = (ROOT / "README.md").read_text()
MOST_BYTES = 150_000


def test_names_each_target_of_the_makefile():
    assert len(TARGETS) > 3
    assert [target for target in TARGETS if f"make {target}" not in README] == []


def test_shows_pictures_that_are_there_and_light():
    pictures = [ROOT / path for path in re.findall(r'(?:src|srcset)="(docs/screenshots/[^"]+)"', README)]
    assert len(pictures) == len(set(pictures)) == 12
    assert [path.name for path in pictures if path.stat().st_size > MOST_BYTES] == []


def test_each_picture_has_words_for_those_who_do_not_see_it():
    assert [tag for tag in re.findall(r"<img [^>]*>", README) if not re.search(r'alt="[^"]{20,}"', tag)] == []
