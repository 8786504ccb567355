"""`make demo`: everything of First Wednesday on this machine, started together and stopped together."""

import http.client
import json
import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from dotenv import load_dotenv

from config.children import STOPPING, end, ends_with_us, undisturbed
from config.company import Company, say
from config.ports import free_port, web_port
from config.programs import CannotRun
from config.running import RunningFile
from config.services import Services

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "demo"
KEYS = ("SECRET_KEY", "SUPPRESSION_KEY")
SITE_SECONDS = 60
# Celery's advice against root is for servers that strangers reach.
KNOWN_WARNINGS = "ignore:You're running the worker:Warning"


def main() -> int:
    """Run the demo until it is asked to stop (status 0) or cannot go on (status 1)."""
    for number in STOPPING:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, partial(stop_once, os.getpid()))
    try:
        with ExitStack() as house:
            try:
                run(house)
            finally:
                ignore_signals()
    except KeyboardInterrupt:
        say("Everything has stopped.")
        return 0
    except CannotRun as fault:
        say(str(fault), sys.stderr)
    except OSError as fault:
        say(f"The demo cannot work in {FOLDER}: {fault}.", sys.stderr)
    return 1


def stop_once(launcher: int, number: int, frame: FrameType | None) -> NoReturn:
    """Begin to stop. A child that is caught between its fork and its program has nothing to stop yet."""
    if os.getpid() != launcher:
        os._exit(1)
    ignore_signals()
    raise KeyboardInterrupt


def ignore_signals() -> None:
    """Let nothing interrupt the stopping; it takes its ten seconds at most."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def run(house: ExitStack) -> NoReturn:
    """Start everything in order, each entered into `house`, and watch it; raises when it ends."""
    terminal = os.dup(sys.stdout.fileno())
    running = house.enter_context(RunningFile(FOLDER / "env"))
    if os.environ.get("READ_DOT_ENV", "yes") != "no":
        load_dotenv(ROOT / ".env")
    port = web_port(os.environ.get("PORT", ""))
    services = Services(
        FOLDER, want_postgres=not os.environ.get("DATABASE_URL"), want_redis=not os.environ.get("REDIS_URL")
    )
    if os.environ.get("RESET", "0") not in ("", "0"):
        reset(services)
    made = demo_environment(services, port)
    environment = {**os.environ, **made, **surroundings(port)}
    running.write(made)
    say("Starting PostgreSQL and Redis ...")
    house.enter_context(services)
    say("Bringing the database up to date ...")
    manage("migrate --no-input --verbosity 0", environment)
    manage("seed", environment)
    company = house.enter_context(Company(ROOT / "Procfile", environment))
    wait_for_site(company, port)
    say(welcome(made["SITE_URL"]))
    while not (ended := company.ended()):
        if closed(terminal):
            raise KeyboardInterrupt
    raise CannotRun(f"The process {ended!r} of the Procfile has ended by itself, so everything was stopped.")


def closed(terminal: int) -> bool:
    """Whether this was a terminal and is closed: its HUP may reach make alone, which then waits for us."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(event & select.POLLHUP for _, event in poll.poll(0))


def reset(services: Services) -> None:
    """Remove all that earlier demos of this checkout left, but not the file that we hold."""
    services.remove()
    for path in FOLDER.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "env":
            path.unlink()
    if not services.postgres:
        say("RESET leaves the PostgreSQL at DATABASE_URL as it is.")


def demo_environment(services: Services, port: int) -> dict[str, str]:
    """Return what the demo needs to be told, whatever .env says; only the databases may be given."""
    return {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or services.database_url,
        "REDIS_URL": os.environ.get("REDIS_URL") or services.redis_url,
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "MEDIA_ROOT": str(FOLDER / "media"),
        "DEMO": "1",
        "DEMO_MAILBOX": str(FOLDER / "mailbox"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        # What is run by hand beside the demo sends as it does.
        **{name: value for name, value in os.environ.items() if name.startswith("MAIL_")},
        **keys(FOLDER / "keys.json"),
    }


def keys(path: Path) -> dict[str, str]:
    """Return the demo's secrets, made at the first start and kept, so that old links and sessions work."""
    if not path.exists():
        fresh = {name: secrets.token_urlsafe(50) for name in KEYS}
        path.touch(mode=0o600)
        path.write_text(json.dumps(fresh))
    try:
        kept = json.loads(path.read_text())
        return {name: os.environ.get(name) or str(kept[name]) for name in KEYS}
    except (ValueError, KeyError, TypeError) as error:
        raise CannotRun(f"{path} is damaged: start over with `make demo RESET=1`.") from error


def surroundings(port: int) -> dict[str, str]:
    """Return how the Procfile's processes run: on which port, by which `python`, without known warnings."""
    return {
        "PORT": str(port),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": KNOWN_WARNINGS,
    }


def manage(words: str, environment: dict[str, str]) -> None:
    """Run a management command to its end; CannotRun with what it complained about when it fails."""
    step = words.split()[0]
    log = FOLDER / f"{step}.log"
    with log.open("wb") as output, undisturbed():
        process = subprocess.Popen(
            [sys.executable, "manage.py", *words.split()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            preexec_fn=ends_with_us(signal.SIGTERM),
        )
    try:
        failed = process.wait()
    finally:
        end(process, signal.SIGTERM)
    if failed:
        raise CannotRun(f"`manage.py {step}` failed ({log} has the whole story):\n{complaint(log)}")


def complaint(log: Path) -> str:
    """Return what a log says after the last line of a traceback."""
    lines = log.read_text(errors="replace").splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith("  ")]
    return "\n".join(lines[frames[-1] + 1 if frames else 0 :])


def wait_for_site(company: Company, port: int) -> None:
    """Wait until the site answers; CannotRun when a process ends before, or after SITE_SECONDS."""
    deadline = time.monotonic() + SITE_SECONDS
    while not answers(port):
        ended = company.ended()
        if ended:
            raise CannotRun(f"The process {ended!r} of the Procfile ended while starting.")
        if time.monotonic() > deadline:
            raise CannotRun(f"The site did not answer on port {port} within {SITE_SECONDS} s.")


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(site: str) -> str:
    """Return what to tell the person who started the demo."""
    return f"""
First Wednesday is running.

  Site      {site}/
  Admin     {site}/admin/
              editor          password editor-demo
              approver        password approver-demo
              administrator   password administrator-demo
  Mailbox   {site}/demo/mailbox/   (every letter that was sent)

Ctrl-C stops everything.
"""


if __name__ == "__main__":
    sys.exit(main())
