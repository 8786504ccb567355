"""The pins hold on every machine: exact, hashed, and from wherever that machine's pip takes its packages."""

import re
import tomllib

from tests.config.machine import ROOT

PINS = (ROOT / "requirements.txt").read_text()


def test_name_no_index_and_no_place():
    assert not re.search(r"(?m)^--|file:|https?:|\s@\s", PINS)


def test_are_exact_and_hashed():
    pins = re.findall(r"(?m)^[a-z0-9].*(?:\n .*)*", PINS)
    assert len(pins) > 20
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_cover_every_dependency_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    named = {re.match(r"[a-z0-9-]+", words).group() for words in wanted}
    pinned = set(re.findall(r"(?m)^([a-z0-9-]+)==", PINS))
    assert named - pinned == set()
