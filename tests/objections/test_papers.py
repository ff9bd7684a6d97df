"""Papers of a case: taken in by what they are, encrypted on disk, opened again, and nothing left lying."""

import datetime
import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.crypto import CryptoError
from apps.objections import actions, tasks
from apps.objections.models import Case, Evidence, Letter
from apps.objections.papers import MOST, keep_letter, open_file, vault
from tests.records.factories import Office
from tests.records.files import PDF, upload

from . import factories as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(centre: made.Centre, office: Office) -> Case:
    return made.objection(centre, made.published(office), papers=[made.Paper(upload("证明.pdf", PDF + b"%secret"))])


def files() -> list[Path]:
    return [path for path in vault.path("").rglob("*") if path.is_file()]


def add(user: Any, case: Case, file: Any) -> Case:
    return actions.add_paper(user=user, obj=case, file=file, what="proof")


def test_a_paper_is_encrypted_on_disk_and_opened_again(case: Case) -> None:
    paper = case.evidence.get()
    (stored,) = files()
    assert b"secret" not in stored.read_bytes()
    assert paper.name not in str(stored)
    with open_file(paper) as opened:
        assert opened.read() == PDF + b"%secret"
    assert (paper.size, paper.brought_by) == (len(PDF) + 7, Evidence.By.APPLICANT)
    assert stored.stat().st_mode & 0o077 == 0


def test_a_paper_that_somebody_changed_is_not_shown(case: Case) -> None:
    (stored,) = files()
    stored.write_bytes(stored.read_bytes()[:-1] + b"\x00")
    with open_file(case.evidence.get()) as opened, pytest.raises(CryptoError):
        opened.read()


@pytest.mark.parametrize(
    ("name", "content"),
    [("证明.exe", PDF), ("证明.pdf", b"MZ this is none"), ("证明.pdf", b""), ("证明", PDF), ("证明.html", b"<html>")],
)
def test_what_is_not_taken(case: Case, centre: made.Centre, office: Office, name: str, content: bytes) -> None:
    with pytest.raises(ValidationError) as error:
        add(centre.officer, case, upload(name, content))
    assert name in str(error.value)
    with pytest.raises(ValidationError):
        made.objection(centre, made.published(office), papers=[made.paper(), made.Paper(upload(name, content))])
    assert (Case.objects.count(), Evidence.objects.count()) == (1, 1), "nothing is half-saved"


def test_too_large_and_too_many(case: Case, centre: made.Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="20 MB"):
        add(centre.officer, case, upload("证明.pdf", PDF + b" " * (20 << 20)))
    for _ in range(MOST - 1):
        add(centre.officer, case, upload("证明.pdf", PDF))
    with pytest.raises(ValidationError, match=str(MOST)):
        add(centre.officer, case, upload("证明.pdf", PDF))
    assert len(files()) == MOST


def test_who_brought_it_is_written_down(case: Case, centre: made.Centre, office: Office) -> None:
    case = actions.route(user=centre.officer, obj=actions.accept(user=centre.officer, obj=case), question="请核对")
    actions.add_source_paper(user=office.reviewer, obj=case, file=upload("案卷.pdf", PDF), what="proof")
    add(centre.officer, case, upload("笔录.pdf", PDF))
    actions.add_paper(
        user=centre.officer, obj=case, file=upload("补充.pdf", PDF), what="proof", brought_by=Evidence.By.APPLICANT
    )
    assert list(case.evidence.values_list("brought_by", flat=True)) == ["applicant", "source", "centre", "applicant"]


def test_files_of_no_case_are_removed_in_the_night(case: Case, centre: made.Centre, office: Office) -> None:
    letter = Letter(
        case=case, kind="receipt", number="1", dated=datetime.date(2026, 11, 23), name="回执", added_by=centre.officer
    )
    keep_letter(letter, b"%PDF-1.7")
    with pytest.raises(ValidationError):
        made.objection(centre, made.published(office), papers=[made.paper(), made.Paper(upload("证明.exe", PDF))])
    kept = {vault.path(row.stored_name) for row in (case.evidence.get(), letter)}
    (orphan,) = set(files()) - kept
    tasks.remove_orphans(timestamp=0)
    assert orphan.exists(), "it may belong to work that goes on"
    for path in files():
        os.utime(path, (time.time() - 90_000,) * 2)
    tasks.remove_orphans(timestamp=0)
    assert set(files()) == kept
    with open_file(letter) as opened:
        assert opened.read() == b"%PDF-1.7"


def test_a_vault_does_not_open_the_files_of_another(case: Case) -> None:
    from apps.exchange.vault import files as batches

    paper = case.evidence.get()
    with pytest.raises(FileNotFoundError):
        batches.open(paper.stored_name, paper.data_key, paper.size)
    assert list(batches.older_than(days=-1)) == []
