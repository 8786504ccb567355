"""`python -m tests.faults.other_clock -20 worker ...`: Celery on a host whose clock is so many seconds off."""

import datetime
import sys

import time_machine
from celery.__main__ import main

if __name__ == "__main__":
    off = datetime.timedelta(seconds=float(sys.argv.pop(1)))
    time_machine.travel(datetime.datetime.now(datetime.UTC) + off, tick=True).start()
    sys.argv[0] = "celery"
    sys.exit(main())
