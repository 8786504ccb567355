"""Letters a second: a real worker at the default connections, against django-newsletter's own `submit_newsletter`.

Both send the same issue to the same smtp-sink, in turns, each by its own templates. django-newsletter keeps SQLite, and
no record of what it has sent. The letters that it makes are smaller, for its templates have no design.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings

from bulletins.models import NewsItem
from config.company import say
from config.programs import CannotRun
from mailings.models import Mailing
from tests.bench.cores import core_of_its_own
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
    with smtp_sink() as (port, sink), core_of_its_own(sink):
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
    items = NewsItem.objects.filter(bulletin=mailing.bulletin).order_by("pk").values_list("headline", "body")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "articles.json").write_text(json.dumps(list(items)))
        command = [str(python), str(RIVAL), folder, str(port), str(RIVALS_LETTERS)]
        return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
