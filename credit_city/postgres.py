"""Which PostgreSQL the project talks to, and as whom.

``DATABASE_URL`` names the owner's login (it migrates), ``DATABASE_APP_URL`` the least-privilege role that web server
and workers use. Without ``DATABASE_APP_URL`` that role is ``<database>_app``, made by ``manage.py init_database`` with
a password kept under ``var/secrets``. Without either the project's own server is used (``credit_city.embedded``).

Importing this module starts nothing and needs the standard library alone.
"""

import atexit
import os
import secrets as random_secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

from credit_city import secrets
from credit_city.embedded import Server, ServerError
from credit_city.embedded.place import PORT
from credit_city.embedded.server import OWNER
from credit_city.errors import ConfigurationError, fail

VAR = Path(__file__).resolve().parent.parent / "var"
ENGINE = "apps.audit.postgresql"
EMBEDDED_DATABASE = "credit_city"
EMBEDDED_PROGRAMS = ("psql", "pg_dump", "pg_restore")
# These read and write files only; they must not start a server.
COMMANDS_WITHOUT_DATABASE = {
    "", "help", "version", "--help", "--version", "check", "check_translations", "collectstatic",
    "compile_translations", "compilemessages", "diffsettings", "findstatic", "makemessages", "startapp",
}  # fmt: skip

# A server whose machine is gone says nothing: without these a page would wait for it for a quarter of an hour.
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

server = Server(VAR / "postgres")


def is_embedded() -> bool:
    """Whether the project's own server is used."""
    return not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_APP_URL"))


def app_role_of(database: str) -> str:
    """The name of the least-privilege role of a database, where none is configured."""
    return f"{database}_app"


def roles_beside(app: str) -> dict[str, str]:
    """The roles that belong to the application role ``app``: ``system`` and ``public`` are what it may turn into for
    one transaction, to see the rows of every department or only what is public."""
    return {"app": app, "system": f"{app}_system", "public": f"{app}_public"}


def database_settings(role: str, database: str = "") -> dict[str, Any]:
    """Django's ``DATABASES`` entry for the role ``owner`` (migrates) or ``app`` (everything else).

    ``database``: another one of the same server. ``ROLES`` in the entry, which Django itself does not read, names the
    roles that belong together (``roles_beside``). Raises ConfigurationError when the role is unknown or the
    environment's URLs are wrong.
    """
    if role not in ("owner", "app"):
        raise ConfigurationError(f"DATABASE_ROLE is {role!r}: use `owner` or `app`.")
    settings = _login(role, database)
    app = settings["USER"] if role == "app" else _app_user(settings["NAME"])
    return settings | {"ROLES": roles_beside(app)}


def _app_user(database: str) -> str:
    if os.environ.get("DATABASE_APP_URL"):
        return str(_parsed("DATABASE_APP_URL")["USER"])
    return app_role_of(database)


def _login(role: str, database: str) -> dict[str, Any]:
    common: dict[str, Any] = {"ENGINE": ENGINE, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if is_embedded():
        name = database or EMBEDDED_DATABASE
        return common | {
            "NAME": name,
            "USER": OWNER if role == "owner" else app_role_of(name),
            "PASSWORD": "",
            "HOST": str(server.socket_folder),
            "PORT": str(PORT),
            "OPTIONS": {},
        }
    if role == "app" and os.environ.get("DATABASE_APP_URL"):
        settings = common | _parsed("DATABASE_APP_URL")
        return settings | ({"NAME": database} if database else {})
    if not os.environ.get("DATABASE_URL"):
        raise ConfigurationError("DATABASE_URL is not set: this command needs the owner's login, not DATABASE_APP_URL.")
    settings = common | _parsed("DATABASE_URL")
    if database:
        settings["NAME"] = database
    if role == "app":
        settings["USER"] = _app_user(settings["NAME"])
        settings["PASSWORD"] = app_password(settings["USER"])
    return settings


def app_password(role: str) -> str:
    """The password of a role that we make ourselves: random, kept under ``var/secrets``; empty on our own server."""
    return "" if is_embedded() else secrets.kept(f"database_{role}", random_secrets.token_urlsafe(32))


def _parsed(variable: str) -> dict[str, Any]:
    import environ

    url = os.environ[variable]
    form = f"{variable} must read postgres://USER:PASSWORD@HOST:PORT/DATABASE (special characters percent-encoded)"
    if not url.startswith(("postgres://", "postgresql://")):
        raise ConfigurationError(f"{form}: only PostgreSQL is supported.")
    try:
        parsed = environ.Env.db_url_config(url)
    except (ValueError, KeyError) as error:
        raise ConfigurationError(f"{form}: {error}.") from None
    for name in ("NAME", "USER"):
        if not parsed.get(name):
            raise ConfigurationError(f"{form}: the {'database' if name == 'NAME' else 'user'} is missing.")
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    found = {key: parsed.get(key) or "" for key in keys}
    return found | {"OPTIONS": PATIENCE | (parsed.get("OPTIONS") or {})}


def ensure_running(command: str | None = None) -> None:
    """Start the embedded server if it is ours and stopped; at exit the last process that uses it stops it.

    ``command``: the management command about to run (default: the first argument); some need no database. Ends the
    process with one clear line when the server cannot start.
    """
    if command is None:
        command = sys.argv[1] if len(sys.argv) > 1 else ""
    if not is_embedded() or (command in COMMANDS_WITHOUT_DATABASE and "--database" not in sys.argv):
        return
    try:
        server.acquire()
    except ServerError as error:
        fail(str(error))
    atexit.register(server.release)


def main(arguments: list[str]) -> int:
    """``python -m credit_city.postgres status | stop | psql ... | pg_dump ... | pg_restore ...``"""
    usage = f"usage: python -m credit_city.postgres status | stop | {' | '.join(EMBEDDED_PROGRAMS)} [arguments]"
    command = arguments[0] if arguments else ""
    if command == "status":
        print(f"running, socket in {server.socket_folder}" if server.running() else "stopped")
    elif command == "stop":
        server.stop()
    elif command in EMBEDDED_PROGRAMS:
        server.acquire()
        try:
            place = server.place
            assert place is not None
            access = {
                "PGHOST": str(place.socket),
                "PGPORT": str(PORT),
                "PGUSER": OWNER,
                "PGDATABASE": EMBEDDED_DATABASE,
            }
            return subprocess.run(
                [place.programs / command, *arguments[1:]], env=os.environ | access, check=False
            ).returncode
        finally:
            server.release()
    else:
        print(usage, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerError as error:
        fail(str(error))
