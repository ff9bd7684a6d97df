"""A backup becomes the same database again, or nothing: rows, rights, files and seals are compared."""

import json
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from psycopg import sql

from apps.audit import differences, row_security
from apps.audit.context import Context, acting, every_department
from apps.audit.seals.sealing import seal_history
from apps.core import crypto
from apps.core.installation import connected
from apps.operations.backups import folder as folders
from apps.operations.backups import programs
from apps.operations.backups.folder import BackupError
from apps.operations.backups.making import count_rows, make
from apps.operations.backups.restoring import restore
from apps.records.attachments import attach
from apps.records.models import Attachment
from credit_city import postgres, roles
from tests.audit.sealing import TABLE, make_days
from tests.delivered import load_rules
from tests.records import factories
from tests.records.files import PDF, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(owner_settings: dict[str, Any]) -> dict[str, Any]:
    """The owner's login, with the roles that belong to the test database."""
    return owner_settings | {"ROLES": connection.settings_dict["ROLES"]}


@pytest.fixture
def target(owner_settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The owner's login to a database that does not exist; with its roles it is gone after the test."""
    name = f"{owner_settings['NAME']}_again"
    app = postgres.app_role_of(name)
    login = owner_settings | {"NAME": name, "ROLES": postgres.roles_beside(app)}
    yield login
    with roles.maintenance(owner_settings) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        for role in login["ROLES"].values():
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
    (postgres.secrets.SECRETS_DIR / f"database_{app}").unlink(missing_ok=True)


@pytest.fixture
def media(settings: Any) -> Path:
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def person() -> Any:
    """A record about a natural person, with a file, in history that is sealed."""
    load_rules()
    office = factories.office("market-supervision")
    record = factories.enter_about_person(office)
    attach(record, [upload("决定书.pdf", PDF)], user=office.clerk)
    make_days(3)
    seal_history()
    return record


@pytest.fixture
def backup(person: Any, owner: dict[str, Any], media: Path, tmp_path: Path) -> Path:
    made = tmp_path / "backup"
    make(made, owner, media=media)
    return made


def app_login(login: dict[str, Any]) -> dict[str, Any]:
    role = login["ROLES"]["app"]
    return login | {"USER": role, "PASSWORD": postgres.app_password(role)}


def back(folder: Path, login: dict[str, Any], media: Path, **options: Any) -> Any:
    """Restore as the command does: for nobody in particular."""
    with acting(**vars(Context())):
        return restore(folder, login, app_login(login), media=media, **options)


def exists(server: psycopg.Connection, login: dict[str, Any]) -> bool:
    """Whether anything of the restoration is there."""
    names = [login["NAME"], f"{login['NAME']}_restoring"]
    return server.execute("SELECT FROM pg_database WHERE datname = ANY (%s)", [names]).fetchone() is not None


def rewrite(folder: Path, **changes: Any) -> None:
    """Change the manifest as somebody does who knows how to write the digests."""
    path = folder / folders.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    (folder / folders.SUMS).unlink()
    folders.write_sums(folder, {})


# What comes back


def test_the_same_rows_files_and_seals_come_back(
    person: Any, backup: Path, target: dict[str, Any], owner_connection: psycopg.Connection, tmp_path: Path
) -> None:
    before = count_rows(owner_connection)
    file = Attachment.objects.get(record=person).file.name
    entries = person.history.count()
    report = back(backup, target, tmp_path / "elsewhere")
    assert report.intact and report.last_seal == 1 and report.rows > 3
    with roles.connect(target) as restored:
        after = count_rows(restored)
    assert before[f"public.{person._meta.db_table}"] == 1
    assert after == before | {"public.audit_verification": before["public.audit_verification"] + 1}
    assert (tmp_path / "elsewhere" / file).read_bytes() == PDF
    with connected(target), every_department(), transaction.atomic():
        found = type(person).objects.get(pk=person.pk)
        assert found.confidential == person.confidential
        assert found.history.count() == entries > 0


def test_what_comes_back_is_locked_as_before(person: Any, backup: Path, target: dict[str, Any], media: Path) -> None:
    back(backup, target, media)
    with roles.connect(target) as restored:
        assert differences.differences(restored, target["ROLES"]["app"]) == []
        assert row_security.differences(restored, target["ROLES"]) == []
    with roles.connect(app_login(target)) as app:
        table = person._meta.db_table
        assert app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(f"DELETE FROM {TABLE}")


def test_rows_of_one_moment_are_saved_while_people_work(
    person: Any, owner: dict[str, Any], media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = programs.start

    def start_late(*arguments: Any) -> Any:
        make_days(2)
        return start(*arguments)

    monkeypatch.setattr(programs, "start", start_late)
    before = connection.cursor().connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0]
    manifest = make(tmp_path / "backup", owner, media=media)
    months = [rows for name, rows in manifest.tables.items() if name.startswith(f"history.{TABLE}_")]
    assert sum(months) == before


# What is refused: nothing is restored then


def test_a_database_is_restored_by_one_at_a_time(backup: Path, target: dict[str, Any], media: Path) -> None:
    def again(step: str) -> None:
        with pytest.raises(BackupError, match=target["NAME"]):
            back(backup, target, media)
        raise InterruptedError(step)

    with pytest.raises(InterruptedError):
        back(backup, target, media, tell=again)


def test_files_that_were_damaged_or_lost_are_named(
    backup: Path, target: dict[str, Any], media: Path, owner_connection: psycopg.Connection
) -> None:
    damaged, lost = sorted((backup / "database").glob("*.gz"))[:2]
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    lost.unlink()
    with pytest.raises(BackupError) as error:
        back(backup, target, media)
    assert str(damaged) in str(error.value) and str(lost) in str(error.value)
    assert not exists(owner_connection, target)


def test_a_folder_that_is_only_part_of_a_backup(backup: Path, target: dict[str, Any], media: Path) -> None:
    (backup / "SHA256SUMS").unlink()
    with pytest.raises(BackupError, match="SHA256SUMS"):
        back(backup, target, media)


@pytest.mark.parametrize("place", ["../outside", "/etc/passwd"])
def test_a_list_that_leads_out_of_the_folder(backup: Path, target: dict[str, Any], media: Path, place: str) -> None:
    with open(backup / "SHA256SUMS", "a") as file:
        file.write(f"{'0' * 64}  media/{place}\n" if place.startswith("..") else f"{'0' * 64}  {place}\n")
    with pytest.raises(BackupError, match="SHA256SUMS"):
        back(backup, target, media)


def test_master_keys_that_are_missing_are_named(
    backup: Path, target: dict[str, Any], media: Path, settings: Any, owner_connection: psycopg.Connection
) -> None:
    (needed,) = json.loads((backup / "manifest.json").read_text())["master_keys"]
    settings.MASTER_KEYS = [os.urandom(32)]
    with pytest.raises(BackupError, match=needed):
        back(backup, target, media)
    assert not exists(owner_connection, target)


def test_a_key_that_only_older_data_needs_is_in_the_manifest(
    person: Any, owner: dict[str, Any], media: Path, settings: Any, tmp_path: Path
) -> None:
    (older,) = crypto.master_key_ids()
    settings.MASTER_KEYS = [os.urandom(32), *settings.MASTER_KEYS]
    newer = crypto.master_key_ids()[0]
    assert make(tmp_path / "backup", owner, media=media).master_keys == [newer, older]


def test_every_column_that_holds_wrapped_keys_says_so() -> None:
    found = {
        f"{model._meta.label}.{each.name}"
        for model in apps.get_models()
        for each in model._meta.concrete_fields
        if each.name in {"wrapped", "wrapped_key", "data_key"} and each.name not in getattr(model, "wrapped_keys", ())
    }
    assert found == set()


def test_no_secret_is_in_a_backup(backup: Path, settings: Any) -> None:
    (key,) = settings.MASTER_KEYS
    secrets = [key, settings.SECRET_KEY.encode(), (str(owner_password()) or "no password").encode()]
    for path in backup.rglob("*"):
        assert path.is_dir() or not any(each in path.read_bytes() for each in secrets)
    assert backup.stat().st_mode & 0o077 == 0


def owner_password() -> str:
    return str(postgres.app_password(connection.settings_dict["USER"]))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"migrations": ["records.9999_later"]}, "records.9999_later"),
        ({"postgresql": 990000}, "99"),
        ({"tables": {"public.core_calendarday": 3}}, "public.core_calendarday"),
        ({"seal": "another"}, "manifest|清单"),
        ({"format": "another/1"}, "manifest.json"),
    ],
)
def test_a_manifest_that_does_not_fit(
    backup: Path,
    target: dict[str, Any],
    media: Path,
    changes: dict[str, Any],
    told: str,
    owner_connection: psycopg.Connection,
) -> None:
    if "tables" in changes:
        changes = {"tables": json.loads((backup / "manifest.json").read_text())["tables"] | changes["tables"]}
    rewrite(backup, **changes)
    with pytest.raises(BackupError, match=told):
        back(backup, target, media)
    assert not exists(owner_connection, target)


def test_a_history_that_is_not_as_sealed_is_kept_on_demand_alone(
    person: Any,
    owner: dict[str, Any],
    owner_connection: psycopg.Connection,
    target: dict[str, Any],
    media: Path,
    tmp_path: Path,
) -> None:
    owner_connection.execute(f"UPDATE {TABLE} SET name = '改' WHERE history_id = (SELECT min(history_id) FROM {TABLE})")
    make(tmp_path / "backup", owner, media=media)
    with pytest.raises(BackupError, match="--despite-findings"):
        back(tmp_path / "backup", target, media)
    assert not exists(owner_connection, target)
    report = back(tmp_path / "backup", target, media, despite_findings=True)
    assert [finding.kind.value for finding in report.findings] == ["changed"]
    assert exists(owner_connection, target)


def test_other_files_are_not_overwritten(person: Any, backup: Path, target: dict[str, Any], media: Path) -> None:
    file = media / Attachment.objects.get(record=person).file.name
    file.write_bytes(b"another")
    with pytest.raises(BackupError, match=file.name):
        back(backup, target, media)
    assert file.read_bytes() == b"another"


def test_without_the_programs_of_the_server_the_mend_is_named(
    owner: dict[str, Any], media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_folders", lambda version: iter([tmp_path]))
    with pytest.raises(BackupError, match="POSTGRES_PROGRAMS"):
        make(tmp_path / "backup", owner, media=media)
    assert not list(tmp_path.glob("backup*"))


def test_who_may_make_no_database_is_told_before_anything_is_read(
    target: dict[str, Any], media: Path, tmp_path: Path
) -> None:
    with pytest.raises(BackupError, match="CREATEDB"):
        restore(tmp_path / "nothing", target | app_user(), app_login(target), media=media)


def app_user() -> dict[str, Any]:
    return {name: connection.settings_dict[name] for name in ("USER", "PASSWORD")}


def test_who_sees_no_rows_makes_no_backup(media: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="init_database"):
        make(tmp_path / "backup", dict(connection.settings_dict), media=media)


# The commands


def test_the_commands(
    person: Any,
    owner: dict[str, Any],
    target: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = StringIO()
    with connected(owner):
        call_command("backup", str(tmp_path / "backup"), jobs=1, stdout=out)
        with pytest.raises(CommandError, match=str(tmp_path / "backup")):
            call_command("backup", str(tmp_path / "backup"))
        with pytest.raises(CommandError, match="nowhere"):
            call_command("backup", str(tmp_path / "nowhere" / "backup"))
    assert crypto.master_key_ids()[0] in out.getvalue()
    with roles.maintenance(target) as server:
        # An empty database is taken as well as none.
        roles.ensure_database(server, target["NAME"])
    call_command("restore", str(tmp_path / "backup"), into=target["NAME"], stdout=out)
    assert target["NAME"] in out.getvalue()
    with pytest.raises(CommandError, match="--into"):
        call_command("restore", str(tmp_path / "backup"), into=target["NAME"])
