"""The proof of a record's history shows what its history page shows, to the same people."""

import json
from typing import Any

from django.test import Client

from apps.audit.entries import AccessEntry
from apps.audit.seals.sealing import seal_history
from apps.records.models import Record
from tests.audit.reading import only_entry

from .factories import Office, enter, enter_about_person, put
from .test_pages import logged_in, page


def proof(web: Client, record: Record) -> Any:
    answer = web.get(page(record, "proof"))
    assert answer.status_code == 200
    return json.loads(answer.content)


def states(told: dict[str, Any]) -> list[str]:
    """What the rows of a proof say about the state of the record."""
    return [
        state for row in told["rows"] for state in ("draft", "submitted", "published") if f",{state}," in row["text"]
    ]


def test_those_who_work_on_a_record_get_all_of_it(market: Office) -> None:
    record = put(put(enter(market), "submitted"), "published")
    seal_history()
    told = proof(logged_in(market.clerk), record)
    assert states(told) == ["draft", "submitted", "published"]
    assert len(told["seals"]) == 1


def test_to_others_a_record_begins_with_what_was_handed_over(market: Office) -> None:
    record = put(put(enter(market), "submitted"), "published")
    seal_history()
    assert states(proof(logged_in(market.viewer), record)) == ["submitted", "published"]


def test_a_foreign_record_is_not_there(market: Office, tax: Office) -> None:
    record = put(put(enter(market), "submitted"), "published")
    seal_history()
    assert logged_in(tax.clerk).get(page(record, "proof")).status_code == 404


def test_no_confidential_value_is_in_a_proof(market: Office) -> None:
    record = put(enter_about_person(market), "submitted")
    seal_history()
    web = logged_in(market.clerk)
    told = proof(web, record)
    assert "诸葛小明" not in json.dumps(told, ensure_ascii=False)
    assert only_entry(how=AccessEntry.How.DOWNLOAD).subjects == [record.subject_id]


def test_no_proof_where_the_history_withholds_something(market: Office) -> None:
    assert logged_in(market.clerk).get("/admin/exchange/batch/1/history/proof/").status_code == 404
