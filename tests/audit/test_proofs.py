"""The history of one row can be proved to somebody who has no access to the system."""

import copy
import importlib.util
import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.seals import merkle, texts
from apps.audit.seals.proofs import as_text, prove
from apps.audit.seals.publication import publish
from apps.audit.seals.sealing import seal_history
from apps.core.models import CalendarDay
from apps.departments.models import User
from tests.audit.sealing import TABLE, day, make_days

CHECKER = Path(__file__).resolve().parents[2] / "tools" / "check_proof.py"

# Leaves and roots of the reference implementation of Certificate Transparency.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


# The tree


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@pytest.fixture(scope="module")
def checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_proof", CHECKER)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_tree_is_that_of_certificate_transparency(size: int) -> None:
    leaves = [merkle.leaf(bytes.fromhex(each)) for each in LEAVES[:size]]
    assert merkle.root(leaves).hex() == ROOTS[size]


@given(size=st.integers(1, 200), data=st.data())
def test_a_path_leads_to_the_root_and_to_no_other(checker: ModuleType, size: int, data: Any) -> None:
    leaves = [merkle.leaf(str(number).encode()) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path, root = merkle.path(leaves, index), by_definition(leaves)
    assert merkle.root(leaves) == root
    assert checker.root_from(leaves[index], index, size, path) == root
    other = data.draw(st.integers(0, 200))
    if other != index:
        assert checker.root_from(leaves[index], other, size, path) != root
    assert checker.root_from(merkle.leaf(b"?"), index, size, path) != root
    assert checker.root_from(leaves[index], index, size, path[:-1]) != root or not path
    assert checker.root_from(leaves[index], index, size, [*path, root]) != root


# Proofs


@pytest.fixture
def proof(db: None) -> dict[str, Any]:
    """The proof of a day that was made, changed and removed, the three among others and in three seals."""
    make_days(4)
    one = CalendarDay.objects.create(date=day(), is_working=False, name='"元旦"\\', source="第一行\n第二行，(甲)")
    make_days(2)
    seal_history()
    key = one.pk
    one.name = ""
    one.save()
    seal_history()
    make_days(7)
    one.delete()
    seal_history()
    publish()
    return prove(CalendarDay, key)


def checked(proof: Any, tmp_path: Path, *options: str) -> tuple[int, str]:
    """What the stand-alone checker says, run without our packages."""
    file = tmp_path / "proof.json"
    file.write_text(proof if isinstance(proof, str) else as_text(proof), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-I", str(CHECKER), str(file), "--language", "en", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not run.stderr
    return run.returncode, run.stdout


def test_a_true_proof_is_accepted(proof: dict[str, Any], tmp_path: Path) -> None:
    code, said = checked(proof, tmp_path)
    assert code == 0
    assert [word for word in ("created", "changed", "deleted") if word in said] == ["created", "changed", "deleted"]
    assert "only a published list" in said
    code, said = checked(proof, tmp_path, "--published", str(settings.SEALS_FILE))
    assert code == 0
    assert "OK: 3 rows" in said and "(1 to 3)" in said
    code, said = checked(proof, tmp_path, "--published", str(settings.SEALS_FILE), "--language", "zh")
    assert "通过：3 行" in said


def lie(proof: dict[str, Any], what: str) -> None:
    row, chunk = proof["rows"][1], proof["chunks"][1]
    if what == "text":
        row["text"] = row["text"].replace("国", "囯").replace("第一行", "第二行")
    elif what == "position":
        row["position"] += 1
    elif what == "path":
        proof["rows"][0]["path"][0] = "00" * 32
    elif what == "other object":
        proof["object"] = "2000-01-04"
    elif what == "other table":
        proof["table"] = "records_historicalrecord"
    elif what == "other number":
        row["history_id"] += 1
    elif what == "other chunk":
        row["chunk"] = 0
    elif what == "chunk":
        header = json.loads(chunk["text"])
        header["columns"][0], header["columns"][1] = header["columns"][1], header["columns"][0]
        chunk["text"] = json.dumps(header)
    elif what == "seal":
        proof["seals"][1] = proof["seals"][1].replace('"rows":1', '"rows":2')
        chunk["seal"] = 9
    elif what == "half a file":
        del chunk["path"]


LIES = [
    "text", "position", "path", "other object", "other table", "other number", "other chunk", "chunk", "seal",
    "half a file",
]  # fmt: skip


@pytest.mark.parametrize("what", LIES)
def test_a_false_proof_is_refused(proof: dict[str, Any], tmp_path: Path, what: str) -> None:
    false = copy.deepcopy(proof)
    lie(false, what)
    code, said = checked(false, tmp_path)
    assert (code, "WRONG" in said) == (1, True)


def test_seals_made_for_the_occasion_are_refused_by_the_list(proof: dict[str, Any], tmp_path: Path) -> None:
    """A forger can make tree, chunk and seal to any row; the published list is what he cannot reach."""
    forged = copy.deepcopy(proof)
    row = forged["rows"][0]
    row["text"] = row["text"].replace("第一行", "第三行")
    header = json.loads(forged["chunks"][0]["text"]) | {"rows": 1, "root": merkle.leaf(row["text"].encode()).hex()}
    row |= {"position": 0, "path": []}
    text = texts._json(**header)
    forged["chunks"][0] |= {"text": text, "position": 0, "path": []}
    seal = json.loads(forged["seals"][0]) | {"chunks": 1, "root": merkle.leaf(text.encode()).hex()}
    forged["seals"][0] = texts._json(**seal)
    assert checked(forged, tmp_path)[0] == 0
    code, said = checked(forged, tmp_path, "--published", str(settings.SEALS_FILE))
    assert (code, "seal 1: it was published otherwise" in said) == (1, True)


def test_a_broken_or_short_list_is_named(proof: dict[str, Any], tmp_path: Path) -> None:
    published = settings.SEALS_FILE
    first, second, third = published.read_text().splitlines(keepends=True)
    link = json.loads(second)["previous"]
    for text, expected in (
        (first + second, "seal 3: not in the published list, which ends with 2"),
        (first + second + third[:-1], "seal 3: not in the published list"),
        (first + third, "line 2: the chain is broken"),
        (first + second.replace(link, link[::-1]) + third, "line 2: the chain is broken"),
        (first + second.replace('"rows":1', '"rows":2') + third, "seal 2: it was published otherwise"),
        ("?\n" + first, "line 1: not that of a seal"),
    ):
        published.write_text(text)
        code, said = checked(proof, tmp_path, "--published", str(published))
        assert (code, expected in said) == (1, True), said


def test_what_is_no_proof_cannot_be_checked(tmp_path: Path) -> None:
    for text in ("", "{}", "[]", '{"format": "other"}'):
        code, said = checked(text, tmp_path)
        assert (code, "is no proof" in said) == (2, True)


@pytest.mark.django_db
def test_a_row_not_sealed_yet_is_said_to_be_so(tmp_path: Path) -> None:
    one = CalendarDay.objects.create(date=day(), is_working=False, name="元旦", source="通知")
    seal_history()
    one.name = "改"
    one.save()
    code, said = checked(prove(CalendarDay, one.pk), tmp_path)
    assert code == 0
    assert "OK in itself: 1 rows" in said and "NOT sealed yet" in said


@pytest.mark.django_db
def test_what_is_kept_out_of_history_is_not_in_a_proof() -> None:
    user = User.objects.create_user(username="li", password="a-long-password-1", name="李")
    seal_history()
    assert user.password not in as_text(prove(User, user.pk))


@pytest.mark.django_db(transaction=True)
def test_a_proof_of_a_row_that_was_changed_afterwards_fails(
    owner_connection: psycopg.Connection, tmp_path: Path
) -> None:
    (row,) = make_days()
    seal_history()
    owner_connection.execute(f"UPDATE {TABLE} SET name = '元旧' WHERE history_id = %s", [row])
    code, said = checked(prove(CalendarDay, CalendarDay.objects.get().pk), tmp_path)
    assert (code, f"row {row}: its text is not what was sealed" in said) == (1, True)


@pytest.mark.django_db
def test_the_command_writes_the_proof(proof: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "out.json"
    call_command("prove_history", "core.calendarday", proof["object"], output=file)
    written = json.loads(file.read_text())
    assert written | {"made_at": ""} == proof | {"made_at": ""}
    for model, key, expected in (
        ("core.nothing", "1", "core.nothing"),
        ("core.calendarday", "x", "x"),
        ("core.calendarday", "1999-01-01", "1999-01-01"),
        ("audit.seal", "1", "audit.seal"),
    ):
        with pytest.raises(CommandError, match=expected):
            call_command("prove_history", model, key)
