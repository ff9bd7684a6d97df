"""The supervisor behind ``make run``: prepares the database, then keeps web server and worker running.

Ctrl-C, SIGTERM and the closing of the terminal end everything it started, the embedded PostgreSQL included.
"""

import contextlib
import ctypes
import fcntl
import http.client
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from credit_city import postgres
from credit_city.bootstrap import say
from credit_city.embedded import ServerError
from credit_city.errors import ConfigurationError
from credit_city.listening import Address, demo_mode, refusal
from credit_city.prepare import DEMO_LOGINS

LOGS = postgres.VAR / "log"
ROOT = postgres.VAR.parent
# Looked at as a person would: the first page that needs Django, its templates and the database.
FIRST_PAGE = "/admin/login/"
ANSWER_SECONDS = 90
STOP_SECONDS = 20
RESTARTS, RESTART_SECONDS = 3, 60
LOG_BYTES = 10_000_000


class Stop(Exception):
    """The run ends; with a text, because of an error."""


class Signals:
    """Turns the signals that end a program into something to wait for."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._terminal = os.isatty(1)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float) -> set[int]:
        """The signals that came, waiting for one at most ``seconds``."""
        ready, _, _ = select.select([self._read], [], [], seconds)
        return set(os.read(self._read, 512)) if ready else set()

    def pause(self, seconds: float) -> None:
        """Wait, or until a child ends; raises Stop when told to end."""
        if self.wait(seconds) - {signal.SIGCHLD}:
            raise Stop
        # Where `make` itself leads the terminal's session, it alone is told of the closing, and only waits for us.
        if self._terminal and not os.isatty(1):
            raise Stop


@dataclass
class Child:
    """A process that is started again when it ends, until it ends too often."""

    title: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS + 1))

    def keep_running(self) -> None:
        """Start it, or start it again; raises Stop when it ended several times within a minute."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            tell(f"{self.title} ended (status {self.process.returncode}), starting it again; log: {shown(self.log)}")
            # What it started may outlive it and hold its port.
            _signal_group(self.process, signal.SIGKILL)
        if len(self.starts) > RESTARTS and time.monotonic() - self.starts[0] < RESTART_SECONDS:
            raise Stop(f"{self.title} ends again and again: {last_line(self.log)} (log: {shown(self.log)})")
        self.starts.append(time.monotonic())
        self.process = spawn(self.command, self.log)

    def end(self, number: signal.Signals) -> None:
        if self.process is not None:
            _signal_group(self.process, number)


def spawn(command: list[str], log: Path | None) -> subprocess.Popen[bytes]:
    """Start a program in its own session, so that Ctrl-C reaches the supervisor alone, which ends it in order."""
    output: IO[bytes] | None = None
    if log is not None:
        output = open(log, "wb" if log.exists() and log.stat().st_size > LOG_BYTES else "ab")  # noqa: SIM115
    try:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
    finally:
        if output is not None:
            output.close()


def _end_with_parent() -> Callable[[], None] | None:
    """Linux ends a child whose supervisor was killed outright; elsewhere nothing is done."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    set_parent_death_signal = 1

    def ask() -> None:
        prctl(set_parent_death_signal, signal.SIGTERM)

    return ask


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def tell(line: str) -> None:
    """Print a line; a terminal that is gone is no reason to stop stopping."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def shown(path: Path) -> str:
    return os.path.relpath(path, ROOT)


def last_line(log: Path) -> str:
    """The last line of a log, without which nobody looks further."""
    with contextlib.suppress(OSError):
        lines = [line.strip() for line in log.read_text(errors="replace")[-4000:].splitlines() if line.strip()]
        return lines[-1] if lines else ""
    return ""


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock of this clone's run."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(postgres.VAR / "run.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop("`make run` is already running in this clone: use it, or stop it first.") from None
        yield


def prepare(role: str, signals: Signals) -> None:
    """Run the preparing steps of a role to their end."""
    process = spawn([sys.executable, "-m", "credit_city.prepare", role], None)
    try:
        while process.poll() is None:
            signals.pause(1)
    finally:
        if process.poll() is None:
            _signal_group(process, signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
    if process.returncode != 0:
        # The step has said why.
        raise SystemExit(1)


def answers(address: Address) -> int | None:
    """The status with which the first page answers, None when nobody listens yet."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host)
    connection = http.client.HTTPConnection(host, address.port, timeout=30)
    try:
        connection.request("GET", FIRST_PAGE, headers={"Host": f"127.0.0.1:{address.port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def supervise(address: Address, signals: Signals) -> None:
    """Keep web server, worker and database running until a signal comes."""
    web = Child(
        "The web server", [sys.executable, "-m", "gunicorn", "-c", "credit_city/gunicorn_conf.py"], LOGS / "web.log"
    )
    worker = Child(
        "The worker",
        [sys.executable, "manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "10"],
        LOGS / "worker.log",
    )
    children = [web, worker]
    say("Web server and worker")
    try:
        deadline = time.monotonic() + ANSWER_SECONDS
        greeted = False
        while True:
            if postgres.is_embedded() and postgres.server.revive():
                tell("PostgreSQL had ended, it runs again.")
            for child in children:
                child.keep_running()
            if not greeted:
                status = answers(address)
                if status is not None and status >= 500:
                    raise Stop(f"The site answers with error {status} (log: {shown(web.log)}).")
                greeted = status is not None
                if greeted:
                    greet(address)
                elif time.monotonic() > deadline:
                    raise Stop(f"The site does not answer: {last_line(web.log)} (log: {shown(web.log)})")
            signals.pause(1 if greeted else 0.2)
    finally:
        stop(children, signals)


def stop(children: list[Child], signals: Signals) -> None:
    """End the children in order: a polite request first, the rest after a while, or at a second Ctrl-C."""
    tell("\nStopping ...")
    for child in children:
        child.end(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while any(child.process and child.process.poll() is None for child in children):
        hurry = signals.wait(0.2) - {signal.SIGCHLD}
        if hurry or time.monotonic() > deadline:
            break
    for child in children:
        child.end(signal.SIGKILL)
        if child.process:
            child.process.wait()


def greet(address: Address) -> None:
    """Say where the site is and, in demo mode, how to log in."""
    tell(f"\nCredit City is ready: http://{address.bind}/")
    if demo_mode():
        with contextlib.suppress(OSError):
            tell(DEMO_LOGINS.read_text().rstrip())
    tell("Ctrl-C stops it. The data stays under var/.\n")


def main() -> int:
    os.environ.setdefault("DEMO", "1")
    signals = Signals()
    try:
        address = Address.from_environment()
        if problem := refusal(address, demo=demo_mode()):
            raise Stop(problem)
        with only_one():
            if problem := address.trouble():
                raise Stop(problem)
            try:
                if postgres.is_embedded():
                    say("PostgreSQL (embedded)")
                    postgres.server.acquire()
                for role in ("owner", "app"):
                    prepare(role, signals)
                supervise(address, signals)
            finally:
                postgres.server.release()
    except Stop as reason:
        if str(reason):
            tell_error(str(reason))
            return 1
    except (ConfigurationError, ServerError) as error:
        tell_error(str(error))
        return 1
    return 0


def tell_error(message: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        print(f"error: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
