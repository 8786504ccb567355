"""The fault table: real processes, a real relay that keeps count, and a verdict that names who was lost or repeated.

A test of a fault goes like this (`test_workers.py` has more):

    def test_something_breaks(oracle, beat):        # fixtures of conftest.py; `beat` runs Celery's beat
        mailing_soon(READERS)                       # house.py: readers, and an issue due in a second
        with worker(oracle):                        # processes.py: a real worker with short times
            wait_for(lambda: oracle.count > 50)     # oracle.py: letters accepted so far
            ...                                     # break something
            wait_for(finished)
        verdict = judge("F0 something breaks", oracle, kills=1)   # verdict.py: prints the line, keeps it for the table
        assert (verdict.lost, verdict.duplicates) == (0, 0)

The oracle is a fast SMTP server that writes each accepted Message-ID to a file before it answers 250, and, for
MAIL_LEDGER, a log in Postfix's format. What it does at a phase is a function: `oracle.at[DATA] = ...` gets a
`Moment` (the letter, how many came to this phase) and returns the words to answer, DROP to hang up, or None to
be polite. `nth(7, call)`, `each(10, DROP)` and `share(0.02, DROP)` make such functions. `oracle.refuse()` closes
the port, `oracle.listen()` opens it again.

`hours.py` lets hours pass in a moment, `elsewhere.py` leads to another database (a copy, or one on a PostgreSQL that
may crash), `small_disk.py` gives a disk that may be filled.

`lost` counts every reader who was to get a letter, has not left, and of whom no copy was accepted; `listed` says
how many of these the report names (abandoned letters). With a ledger both are 0.

`READERS` is small in `make test`, and 2,000 in `make faults` (FAULTS=full), which also runs what is marked
`pytest.mark.full`. The lines are printed as a table at the end; `make faults` also writes var/faults.json.
"""
