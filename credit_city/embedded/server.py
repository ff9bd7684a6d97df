"""Starting, sharing and stopping the embedded server."""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .place import (
    MAJOR_VERSION,
    PORT,
    Place,
    ServerError,
    give,
    recorded,
    remove_elsewhere,
    settle,
    wheel_programs,
)

SUPERUSER = "postgres"
OWNER = "credit_city"
START_SECONDS = 120
STOP_SECONDS = 60

CONFIGURATION = """\
# Written anew at every start of the server (credit_city/embedded/server.py): changes here do not last.
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
wal_compression = on
random_page_cost = 1.1
jit = off
timezone = 'Asia/Shanghai'
# Logs must not hold what people entered: no statements, no parameters, no values of a violated key.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_timezone = 'Asia/Shanghai'
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


class Server:
    """The server of one clone, under ``home`` (``var/postgres``).

    Processes that use it hold a shared lock on ``home/use.lock``; the last one to let go stops the server. The
    kernel drops the lock of a killed process, so nothing has to be counted.
    """

    def __init__(self, home: Path, programs: Callable[[], Path] = wheel_programs, tuning: str = "") -> None:
        """``tuning``: lines of ``postgresql.conf`` that go before ours."""
        self.home = home
        self._programs = programs
        self._tuning = tuning
        self._use: int | None = None
        self._use_pid = 0

    @property
    def place(self) -> Place | None:
        """Where it lives; None before the first start."""
        return recorded(self.home)

    @property
    def socket_folder(self) -> Path:
        """The folder to connect to; before the first start the one it will most likely be."""
        place = self.place
        return place.socket if place else self.home / "socket"

    def running(self) -> bool:
        """Whether something answers on the server's socket."""
        place = self.place
        if place is None:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(place.socket_file))
            except OSError:
                return False
        return True

    def acquire(self) -> None:
        """Start the server unless it runs, and count as one of its users until ``release``."""
        with self._mutex():
            if self._use is None:
                self._use = os.open(self.home / "use.lock", os.O_RDWR | os.O_CREAT, 0o600)
                self._use_pid = os.getpid()
            fcntl.flock(self._use, fcntl.LOCK_SH)
            try:
                self._start()
            except BaseException:
                os.close(self._use)
                self._use = None
                raise

    def release(self) -> None:
        """Stop being a user of the server; the last user stops it. Safe to call twice, and in a forked child."""
        if self._use is None or self._use_pid != os.getpid() or not self.home.exists():
            return
        with self._mutex():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._stop()
            os.close(self._use)
            self._use = None

    def revive(self) -> bool:
        """Start the server again if it died under its users; return whether that was needed."""
        if self.running():
            return False
        with self._mutex():
            self._start()
        return True

    def stop(self) -> None:
        """Stop the server whoever uses it. Does nothing when it does not run."""
        if self.home.exists():
            with self._mutex():
                self._stop()

    def remove(self) -> None:
        """Stop the server and remove all that is ours, data included, in the clone and elsewhere."""
        if not self.home.exists():
            return
        with self._mutex():
            self._stop()
            if place := self.place:
                remove_elsewhere(place)
            shutil.rmtree(self.home)

    @contextmanager
    def _mutex(self) -> Iterator[None]:
        """One process at a time starts or stops."""
        try:
            for folder in (self.home.parent, self.home):
                if not folder.exists():
                    folder.mkdir(parents=True, exist_ok=True)
                    folder.chmod(0o755)  # the server's account must pass, whatever the umask
            lock = os.open(self.home / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise ServerError(
                f"No access to {error.filename}: run as the account it belongs to, or set DATABASE_URL."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _start(self) -> None:
        place = self.place
        if place and self.running() and self._postmaster(place):
            return
        place = settle(self.home, self._programs())
        if not (place.data / "PG_VERSION").exists():
            self._initialise(place)
        version = (place.data / "PG_VERSION").read_text().strip()
        if version != str(MAJOR_VERSION):
            raise ServerError(
                f"{place.data} was written by PostgreSQL {version}, this is {MAJOR_VERSION}: "
                "restore a dump (docs/operations.md), or run `make clean` to begin anew."
            )
        self._configure(place)
        deadline = time.monotonic() + 20
        while told := self._launch(place):
            # After a crash the children of the old server need a moment to notice and go.
            if "still in use" not in told or time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL does not start: {told} (logs: {place.data / 'log'})")
            time.sleep(0.25)
        self._ensure_owner(place)

    def _launch(self, place: Place) -> str:
        """Start the server and wait until it takes connections; return what it complains about, empty when it runs."""
        self._clear_stale(place)
        log = place.data / "start.log"
        # Not pg_ctl: it builds a shell line, which a clone's path with a quote or a dollar sign breaks.
        launch = '"$1" -D "$2" >"$3" 2>&1 & echo $! >"$3.pid"'
        done = self._program(place, "/bin/sh", "-c", launch, "sh", place.programs / "postgres", place.data, log)
        if done.returncode != 0:
            return " ".join(done.stderr.split())
        pid = int(log.with_name("start.log.pid").read_text())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            # The last line of the lock file tells the state.
            with contextlib.suppress(FileNotFoundError):
                lines = (place.data / "postmaster.pid").read_text().splitlines()
                if len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready":
                    return ""
            if not _serves(pid, place.data):
                return _complaint(log) or _complaint(*(place.data / "log").glob("*"))
            time.sleep(0.02)
        return f"it recovers for more than {START_SECONDS} seconds, try again later"

    def _initialise(self, place: Place) -> None:
        """Make a new cluster beside the final place, then move it there, so that a half-made one never counts."""
        new = place.data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        if place.data.exists():
            raise ServerError(f"{place.data} is no PostgreSQL cluster: move it away, or run `make clean`.")
        new.mkdir(mode=0o700)
        give(new, place.account)
        # Sorts and classifies characters by code point on every machine alike, whatever its C library.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        done = self._program(
            place, "initdb", "-D", new, "-U", SUPERUSER, "--auth=peer", "--no-instructions", *locale
        )  # fmt: skip
        if done.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise ServerError(f"initdb failed: {' '.join(done.stderr.split())}")
        new.rename(place.data)

    def _configure(self, place: Place) -> None:
        """Write the server's settings, its access rule and the list of accounts that may come in."""
        socket_list = '"' + str(place.socket).replace('"', '""') + '"'
        accounts = dict.fromkeys((place.account, pwd.getpwuid(os.geteuid()).pw_name, "root"))
        files = {
            "postgresql.conf": CONFIGURATION.format(port=PORT, socket=socket_list.replace("'", "''")) + self._tuning,
            "pg_hba.conf": "local all all peer map=clone\n",
            "pg_ident.conf": "".join(f'clone "{name}" all\n' for name in accounts),
        }
        for name, content in files.items():
            path = place.data / name
            if path.read_text() != content:
                path.write_text(content)

    def _ensure_owner(self, place: Place) -> None:
        """The owner role of our databases: may create databases and roles, and is no superuser."""
        sql = (
            f"SELECT 'CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE' "
            f"WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}') \\gexec\n"
        )
        done = self._program(
            place, "psql", "-X", "-q", "-h", place.socket, "-p", PORT, "-U", SUPERUSER, "-d", "postgres", stdin=sql
        )  # fmt: skip
        if done.returncode != 0:
            raise ServerError(f"PostgreSQL started, but lets nobody in: {' '.join(done.stderr.split())}")

    def _program(
        self, place: Place, name: str, *arguments: object, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's account, in a clean environment."""
        changes: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(place.account)
            changes = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        # Files, not pipes: the server inherits them, and a pipe would stay open as long as it runs.
        with tempfile.TemporaryFile("w+") as heard, tempfile.TemporaryFile("w+") as said:
            heard.write(stdin)
            heard.seek(0)
            try:
                done = subprocess.run(
                    [str(place.programs / name), *map(str, arguments)],
                    stdin=heard,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    check=False,
                    cwd="/",
                    env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"},
                    umask=0o077,
                    start_new_session=True,
                    **changes,
                )
            except OSError as error:
                raise ServerError(f"Cannot run {place.programs / name}: {error.strerror}.") from error
            said.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", said.read())

    def _postmaster(self, place: Place) -> int | None:
        """The process id of the running server, None when there is none (a stale file names a process not ours)."""
        try:
            pid = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pid > 0 and _serves(pid, place.data) else None

    def _clear_stale(self, place: Place) -> None:
        """Remove lock files of a server that is gone, which name a process id that something else may have by now."""
        if self._postmaster(place) is None:
            (place.data / "postmaster.pid").unlink(missing_ok=True)
            place.socket_file.with_name(place.socket_file.name + ".lock").unlink(missing_ok=True)

    def _stop(self) -> None:
        place = self.place
        pid = self._postmaster(place) if place else None
        if place is None or pid is None:
            return
        # SIGINT: end sessions, write a checkpoint, go. SIGQUIT: go at once, recover at the next start.
        for order, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10)):
            try:
                os.kill(pid, order)
            except ProcessLookupError:
                return
            except PermissionError:
                raise ServerError(
                    f"PostgreSQL (process {pid}) belongs to {place.account}: stop it as that account."
                ) from None
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not _serves(pid, place.data):
                    return
                time.sleep(0.02)
        raise ServerError(f"PostgreSQL (process {pid}) does not stop: end it by hand.")


def _serves(pid: int, data: Path) -> bool:
    """Whether process ``pid`` lives and is a PostgreSQL server of this data folder."""
    text = _command_line(pid)
    # Empty in the moment of becoming another program, for a process that has ended, and for the kernel's own.
    deadline = time.monotonic() + 1
    while not text and _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
        text = _command_line(pid)
    return "postgres" in text and str(data) in text


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return ""
    return subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout


def _complaint(*logs: Path) -> str:
    """What a server that did not start says: its last fatal line."""
    lines: list[str] = []
    for log in sorted(logs, key=lambda path: path.stat().st_mtime):
        lines += log.read_text(errors="replace").strip().splitlines()
    fatal = [line for line in lines if "FATAL" in line]
    return (fatal or lines or [""])[-1]
