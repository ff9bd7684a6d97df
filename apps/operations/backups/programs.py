"""PostgreSQL's own programs, of the server's version: another one writes or reads what the server does not."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from credit_city import roles
from credit_city.embedded import ServerError
from credit_city.embedded.place import MAJOR_VERSION, wheel_programs

from .folder import BackupError

FOLDER_VARIABLE: Final = "POSTGRES_PROGRAMS"
_USUAL: Final = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin", "/opt/homebrew/opt/postgresql@{}/bin")


def program(name: str, version: int) -> Path:
    """The program ``name`` of PostgreSQL ``version`` (a major one). Raises BackupError, which names the mend."""
    for folder in _folders(version):
        path = folder / name
        if _version_of(path) == version:
            return path
    raise BackupError(
        _(
            "There is no %(name)s of PostgreSQL %(version)s on this machine: install it (on Debian the package "
            "postgresql-client-%(version)s), or name the folder of the programs in %(variable)s."
        )
        % {"name": name, "version": version, "variable": FOLDER_VARIABLE}
    )


def start(path: Path, login: dict[str, Any], *arguments: str) -> subprocess.Popen[str]:
    """Start a program on the database of ``login``, an entry of ``DATABASES``; its password is in no list of
    processes."""
    known = roles.parameters(login)
    password = known.pop("password", None)
    environment = {**os.environ, "PGAPPNAME": path.name} | ({"PGPASSWORD": password} if password else {})
    return subprocess.Popen(
        [path, f"--dbname={make_conninfo(**known)}", "--no-password", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        umask=0o077,
    )


def output(path: Path, *arguments: str) -> str:
    """What a program writes that needs no database. Raises BackupError with what it complained about."""
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupError(f"{path.name}: {' '.join(done.stderr.split())}")
    return done.stdout


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for the end of a program. Raises BackupError with what it complained about."""
    _nothing, told = process.communicate()
    if process.returncode != 0:
        name = Path(os.fsdecode(process.args[0])).name  # type: ignore[index, arg-type]
        told = " ".join(told.split()) or _("it ended with %(code)s") % {"code": process.returncode}
        raise BackupError(f"{name}: {told}")


def _folders(version: int) -> Iterator[Path]:
    if named := os.environ.get(FOLDER_VARIABLE):
        yield Path(named)
    if version == MAJOR_VERSION:
        with contextlib.suppress(ServerError):
            yield wheel_programs()
    for pattern in _USUAL:
        yield Path(pattern.format(version))
    if found := shutil.which("pg_dump"):
        yield Path(found).parent


def _version_of(path: Path) -> int:
    """The major version of a program, 0 when it does not run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0
