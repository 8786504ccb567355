"""`python -m tests.faults.ticking 50`: the second clock that often, one tick after the other."""

import sys

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    for _ in range(int(sys.argv[1])):
        call_command("tick", stdout=sys.stderr)
