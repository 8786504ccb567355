"""`make bench`: what is promised about speed, measured on servers of its own. `make bench ARGS=search` runs one.

A bench is a module with `bench() -> Measured`: its ratio is of what is promised to what was seen, or of two things
run in turns, so that it means the same on any machine, and is the better the greater it is. `__main__.py` names them
all. Each result is put beside the others in var/bench.json, as {"search": {"ratio": 4.2, ...}}.
"""
