"""Children are made undisturbed: a signal in the middle of a fork stops us a moment later, never not at all."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The signal comes while Python runs a fork's callbacks, where it throws away whatever a handler raises.
SIGNALLED_WHILE_FORKING = """
import os, signal, sys
from pathlib import Path
from config.children import Server

def stop(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, stop)
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
server = Server("sleep", ["sleep", "60"], Path(sys.argv[1]), signal.SIGTERM)
try:
    server.start()
except KeyboardInterrupt:
    server.stop()
    print("stopped", server.process.returncode)
"""


def test_a_signal_in_the_middle_of_a_fork_is_not_lost(tmp_path):
    command = [sys.executable, "-c", SIGNALLED_WHILE_FORKING, str(tmp_path / "log")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (run.stdout, run.stderr) == ("stopped -15\n", "")
