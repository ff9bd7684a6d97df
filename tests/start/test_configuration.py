"""The environment decides: databases, secrets, the address to listen on; what is wrong is said in one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from credit_city import postgres, secrets
from credit_city.errors import ConfigurationError
from credit_city.listening import Address, refusal

ROOT = Path(__file__).resolve().parents[2]
OWNER_URL = "postgres://boss:p%40ss@db.example:6543/credit?sslmode=require"
PRODUCTION = {
    "SECRET_KEY": "k3Jx-9QwZ" * 8,
    "MASTER_KEYS": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    "ALLOWED_HOSTS": "credit.example",
    "DATABASE_URL": OWNER_URL,
    "DATABASE_APP_URL": "postgres://app:secret@db.example:6543/credit",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("DATABASE_URL", "DATABASE_APP_URL", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)


def production(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, **changes}
    kept = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=kept, capture_output=True, text=True, check=False)


def test_the_check_for_deployment_finds_nothing_with_production_settings():
    done = production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


def test_a_server_without_secrets_says_so_in_one_line_and_invents_none(tmp_path):
    script = (
        "import sys; from pathlib import Path; from credit_city import secrets;"
        f"secrets.SECRETS_DIR = Path({str(tmp_path / 'missing')!r});"
        "import manage; sys.argv = ['manage.py', 'check']; manage.main()"
    )
    done = production("-c", script, SECRET_KEY=None)
    assert done.returncode == 1
    assert done.stderr.startswith("error: SECRET_KEY is not set") and done.stderr.count("\n") == 1
    assert not (tmp_path / "missing").exists()


def test_a_kept_secret_stays_and_is_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.setattr(secrets, "SECRETS_DIR", tmp_path)
    assert secrets.kept("thing", "first") == "first"
    assert secrets.kept("thing", "second") == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]
    assert (tmp_path / "thing").stat().st_mode & 0o777 == 0o600


def test_without_urls_the_own_server_is_used():
    settings = postgres.database_settings("app")
    assert settings["USER"] == "credit_city_app" and settings["HOST"].startswith("/")
    assert postgres.database_settings("owner")["USER"] == "credit_city"


def test_the_owners_url_is_taken_apart(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", OWNER_URL)
    settings = postgres.database_settings("owner")
    assert {key: settings[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
        "NAME": "credit",
        "USER": "boss",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": 6543,
        "OPTIONS": postgres.PATIENCE | {"sslmode": "require"},
    }


def test_without_a_url_of_its_own_the_application_gets_a_role_and_password_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr(secrets, "SECRETS_DIR", tmp_path)
    monkeypatch.setenv("DATABASE_URL", OWNER_URL)
    settings = postgres.database_settings("app")
    assert settings["USER"] == "credit_app" and len(settings["PASSWORD"]) >= 32
    assert settings["PASSWORD"] == postgres.database_settings("app")["PASSWORD"] != "p@ss"


def test_a_web_machine_needs_not_know_the_owner(monkeypatch):
    monkeypatch.setenv("DATABASE_APP_URL", "postgres://app:secret@db.example/credit")
    assert postgres.database_settings("app")["USER"] == "app"
    with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
        postgres.database_settings("owner")


@pytest.mark.parametrize(
    "url", ["mysql://a:b@host/name", "postgres://host", "postgres://a:b@host", "postgres://a:b@host:port/name", "name"]
)
def test_a_wrong_url_is_refused_with_its_form(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ConfigurationError, match="DATABASE_URL must read postgres://USER:PASSWORD@HOST:PORT/DATABASE"):
        postgres.database_settings("owner")


def test_an_unknown_role_is_refused():
    with pytest.raises(ConfigurationError, match="DATABASE_ROLE"):
        postgres.database_settings("root")


@pytest.mark.parametrize(
    ("host", "demo", "refused"),
    [
        ("127.0.0.1", True, False),
        ("127.8.0.1", True, False),
        ("localhost", True, False),
        ("::1", True, False),
        ("[::1]", True, False),
        ("0.0.0.0", True, True),
        ("::", True, True),
        ("192.168.1.10", True, True),
        ("credit.example", True, True),
        ("0.0.0.0", False, False),
    ],
)
def test_demo_mode_listens_on_loopback_only(monkeypatch, host, demo, refused):
    monkeypatch.setenv("HOST", host)
    assert bool(refusal(Address.from_environment(), demo=demo)) is refused


def test_the_web_server_itself_refuses_demo_mode_beyond_loopback():
    done = production(
        "-m", "gunicorn", "-c", "credit_city/gunicorn_conf.py", "--check-config", DEMO="1", HOST="0.0.0.0"
    )
    assert done.returncode != 0 and "Demo mode" in done.stdout + done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "８０００", " "])
def test_a_port_that_is_none_is_refused(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(ConfigurationError, match="PORT"):
        Address.from_environment()


def test_a_port_in_use_is_said_in_one_line():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is in use" in Address("127.0.0.1", port).trouble()
    assert Address("127.0.0.1", port).trouble() == ""
    assert "Check HOST" in Address("203.0.113.1", port).trouble()
