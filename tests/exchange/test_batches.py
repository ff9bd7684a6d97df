"""A batch on its way: received, checked, confirmed, loaded; who may do what; what breaks down."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from apps.core.vault import FRAME, SEALED_FRAME
from apps.departments.actions import NotVisible, StateConflict
from apps.exchange import actions, runs, tasks, vault
from apps.exchange.models import Batch
from apps.exchange.progress import Progress
from apps.records.models import Record
from tests.records.factories import Office, item

from . import files


@pytest.fixture
def deferred(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was queued, by the name of the job."""
    found: list[Any] = []
    monkeypatch.setattr(tasks, "_defer", lambda task, batch_id: found.append((task.name, batch_id)))
    return found


def receive(of: Office, data: bytes) -> Batch:
    return runs.receive(user=of.clerk, item=item(), department=of.department, name="处罚.xlsx", chunks=[data])


def checked(of: Office, *rows: dict[str, Any]) -> Batch:
    batch = receive(of, files.xlsx(files.table(rows)))
    runs._work(batch.pk, Batch.State.CHECKING, keep=False, progress=Progress())
    batch.refresh_from_db()
    return batch


def test_a_check_stores_nothing_but_its_findings(market: Office) -> None:
    batch = checked(market, files.row(market, 1), files.row(market, 2, decided_on="去年"))
    assert (batch.state, batch.rows, batch.accepted, batch.rejected) == (Batch.State.CHECKED, 2, 1, 1)
    assert batch.errors.get().row == 3
    assert batch.preview.rows
    assert not Record.objects.exists()


def test_all_rows_are_loaded_only_when_all_are_right(market: Office, deferred: list[Any]) -> None:
    wrong = checked(market, files.row(market, 1), files.row(market, 2, decided_on="去年"))
    with pytest.raises(StateConflict):
        actions.load_all(user=market.clerk, obj=wrong)
    right = checked(market, files.row(market, 1))
    actions.load_all(user=market.clerk, obj=right)
    assert deferred == [("exchange.load_batch", right.pk)]


def test_the_right_rows_alone_are_loaded_when_the_clerk_says_so(market: Office, deferred: list[Any]) -> None:
    batch = checked(market, files.row(market, 1), files.row(market, 2, decided_on="去年"))
    actions.load_right(user=market.clerk, obj=batch)
    loaded = runs.load(batch.pk, progress=Progress())
    assert loaded is not None and (loaded.state, loaded.mode) == (Batch.State.LOADED, Batch.Mode.PARTIAL)
    assert Record.objects.count() == 1


def test_what_became_wrong_since_the_check_stops_a_load_of_all(market: Office, deferred: list[Any]) -> None:
    batch = checked(market, files.row(market, 1), files.row(market, 2))
    actions.load_all(user=market.clerk, obj=batch)
    files.send(market, files.xlsx(files.table([files.row(market, 1, facts="另一事实")])))
    after = runs.load(batch.pk, progress=Progress())
    assert after is not None and (after.state, after.rejected) == (Batch.State.CHECKED, 1)
    assert after.failure
    assert Record.objects.count() == 1


def test_a_batch_of_duplicates_has_nothing_to_load(market: Office, deferred: list[Any]) -> None:
    files.send(market, files.xlsx(files.table([files.row(market, 1)])))
    batch = checked(market, files.row(market, 1))
    assert actions.load_all.why_not(market.clerk, batch)


def test_an_unreadable_file_fails_with_its_reason(market: Office) -> None:
    batch = receive(market, b"\x89PNG\r\n\x1a\n" + b"\x00" * 50)
    runs._work(batch.pk, Batch.State.CHECKING, keep=False, progress=Progress())
    batch.refresh_from_db()
    assert batch.state == Batch.State.FAILED
    assert batch.failure


def test_discarding_deletes_the_file(market: Office, django_capture_on_commit_callbacks: Any) -> None:
    batch = checked(market, files.row(market, 1))
    with django_capture_on_commit_callbacks(execute=True):
        actions.discard(user=market.clerk, obj=batch)
    with pytest.raises(FileNotFoundError):
        runs.content(batch)


def test_only_who_enters_records_may_send_files(market: Office, tax: Office) -> None:
    for user, department in ((market.viewer, market.department), (tax.clerk, market.department)):
        with pytest.raises(PermissionDenied):
            runs.receive(user=user, item=item(), department=department, name="x", chunks=[b"x"])


def test_an_item_that_the_department_does_not_report_is_refused(market: Office) -> None:
    with pytest.raises(ValidationError):
        runs.receive(user=market.clerk, item=item("tax-arrears"), department=market.department, name="x", chunks=[b"x"])


def test_a_batch_of_another_department_does_not_exist(market: Office, tax: Office) -> None:
    batch = checked(market, files.row(market, 1))
    assert not Batch.objects.visible_to(tax.clerk).exists()
    for action in actions.ROW_ACTIONS:
        with pytest.raises(NotVisible):
            action(user=tax.clerk, obj=batch, reason="x")


def test_a_load_that_breaks_down_goes_back_to_the_clerk(market: Office, deferred: list[Any]) -> None:
    batch = checked(market, files.row(market, 1))
    actions.load_all(user=market.clerk, obj=batch)
    runs.fail(batch.pk, "坏了")
    batch.refresh_from_db()
    assert (batch.state, batch.failure) == (Batch.State.CHECKED, "坏了")


def test_what_breaks_down_tells_no_values(
    market: Office, deferred: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batch = checked(market, files.row(market, 1))
    actions.load_all(user=market.clerk, obj=batch)

    secret = "Failing row contains (张伟, 410102199001010018)"

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError(secret)

    monkeypatch.setattr("apps.exchange.engine.load.insert_subjects", broken)

    class Context:
        class job:
            attempts = 99

    with pytest.raises(tasks.WorkFailed) as failed:
        tasks._do(lambda key: runs.load(key, progress=Progress()), Context(), batch.pk, "zh-hans")  # type: ignore[arg-type]
    assert failed.value.__cause__ is None
    assert "410102" not in caplog.text + str(failed.value)
    assert "RuntimeError" in caplog.text
    batch.refresh_from_db()
    assert batch.state == Batch.State.CHECKED


def test_files_are_stored_encrypted_and_read_back(market: Office) -> None:
    data = bytes(range(256)) * 20_000
    stored = vault.files.store(data[start : start + 70_000] for start in range(0, len(data), 70_000))
    assert stored.size == len(data)
    with vault.files.open(stored.name, stored.data_key, stored.size) as file:
        assert file.read() == data
        file.seek(3_000_000)
        assert file.read(10) == data[3_000_000:3_000_010]
    path = vault.files.path(stored.name)
    sealed = path.read_bytes()
    assert data[:64] not in sealed
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["changed", "cut", "exchanged"])
def test_a_stored_file_that_was_tampered_with_does_not_open(damage: str) -> None:
    from apps.core.crypto import Tampered

    data = b"x" * (3 * FRAME)
    stored = vault.files.store([data])
    path = vault.files.path(stored.name)
    sealed = bytearray(path.read_bytes())
    if damage == "changed":
        sealed[100] ^= 1
    elif damage == "cut":
        del sealed[2 * SEALED_FRAME :]
    else:
        frame = SEALED_FRAME
        sealed[:frame], sealed[frame : 2 * frame] = sealed[frame : 2 * frame], sealed[:frame]
    path.write_bytes(sealed)
    with pytest.raises(Tampered), vault.files.open(stored.name, stored.data_key, stored.size) as file:
        file.read()


def test_a_file_that_is_too_large_is_not_kept(settings: Any) -> None:
    with pytest.raises(vault.TooLarge):
        vault.files.store([b"x" * 10, b"x" * 10], limit=15)
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_orphaned_files_are_removed(market: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = receive(market, b"kept")
    orphan = vault.files.store([b"orphan"])
    monkeypatch.setattr("apps.core.vault.time.time", lambda: 4e9)
    tasks.remove_orphans(timestamp=0)
    with runs.content(kept) as file:
        assert file.read() == b"kept"
    assert not vault.files.path(orphan.name).exists()
