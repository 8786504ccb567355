"""Letters a second: a real worker at the default connections, against django-newsletter's own `submit_newsletter`.

Both send the same two parts to the same smtp-sink, in turns; django-newsletter keeps SQLite, for want of a broker and
of a record it is spared what a real installation costs.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings

from config.company import say
from config.programs import CannotRun
from mailings.mime import slot
from mailings.models import Mailing
from tests.bench.mail_vs_smtp_source import send
from tests.bench.measured import Measured, spread
from tests.bench.postbag import make_readers, open_to_all
from tests.bench.sinks import smtp_sink
from tests.bench.tools import UNPACKED

LETTERS, RIVALS_LETTERS, ROUNDS = 10_000, 400, 5
PACKAGES = ("django-newsletter==1.2.1", "sorl-thumbnail")
RIVAL = Path(__file__).with_name("newsletter_rival.py")
RATE_OF_ONE = "django-newsletter, letters a second"


def bench() -> dict[str, Measured]:
    """Send in turns; the ratio is of the medians."""
    make_readers(LETTERS)
    rival, ours, costs = environment(), [], []
    with smtp_sink() as (port, sink):
        mailing = open_to_all()
        for place in range(ROUNDS):
            costs.append(rivals_rate(rival, mailing, port))
            ours.append(send(port, sink, settings.SMTP_CONNECTIONS, LETTERS).rate)
            say(f"  Round {place + 1}: django-newsletter {costs[-1]:,.0f} letters a second, ours {ours[-1]:,.0f}")
    figures = {**spread(RATE_OF_ONE, costs), **spread("ours, letters a second", ours)}
    ratio = statistics.median(ours) / statistics.median(costs)
    return {"mail_vs_django_newsletter": Measured(ratio, promised=25, figures=figures)}


def environment() -> Path:
    """Return the Python of an environment that has django-newsletter, made where there is none yet."""
    home = UNPACKED / "newsletter"
    python = home / "bin" / "python"
    made = home / "made"
    if not made.exists():
        shutil.rmtree(home, ignore_errors=True)
        say(f"  Installing {' and '.join(PACKAGES)} into {home} ...")
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
        if subprocess.run(install).returncode:
            raise CannotRun(f"The bench needs {' and '.join(PACKAGES)} from PyPI, and pip could not install them.")
        made.touch()
    return python


def rivals_rate(python: Path, mailing: Mailing, port: int) -> float:
    """Let django-newsletter send the letter; return its letters a second."""
    with tempfile.TemporaryDirectory() as folder:
        templates = Path(folder, "newsletter", "message")
        templates.mkdir(parents=True)
        (templates / "message_subject.txt").write_text(mailing.subject)
        (templates / "message.txt").write_text(verbatim(mailing.text))
        (templates / "message.html").write_text(verbatim(mailing.html))
        command = [str(python), str(RIVAL), folder, str(port), str(RIVALS_LETTERS)]
        return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def verbatim(part: str) -> str:
    """Return a part of the letter as a template that gives it as it is, each reader's link filled in."""
    words = part.replace(slot("token"), "{% endverbatim %}{{ subscription.activation_code }}{% verbatim %}")
    return f"{{% verbatim %}}{words}{{% endverbatim %}}"
