"""`make bench`: what is promised about speed, measured on servers of its own. `make bench ARGS=search` runs one.

A bench is a module with `bench() -> dict[str, Measured]`: what was measured in one run, each by its name. A ratio is
of what is promised to what was seen, or of two things run in turns, so that it means the same on any machine.
`__main__.py` says which module measures what. Each result is put beside the others in var/bench.json, as
{"search": {"ratio": 4.2, ...}}.
"""
