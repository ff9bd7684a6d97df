"""A clerk's day, for locust: the list, a search, a record, an entry, a file. ``clerks.py`` starts it.

``CLERKS`` names a JSON file: a list of {"cookie", "department", "name", "code", "departmentId", "itemId"}, and pairs of
characters to search for.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from locust import HttpUser, between, task

PLAN: Any = json.loads(Path(os.environ["CLERKS"]).read_text(encoding="utf-8"))
_turns = itertools.count()
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_RECORD = re.compile(r'href="(/admin/records/record/\d+/change/)[^"]*"')
LIST, SUBJECTS = "/admin/records/record/", "/admin/subjects/subject/"
ADD, UPLOAD = "/admin/records/record/add/?item=penalty-legal", "/admin/exchange/batch/import/"


class Clerk(HttpUser):
    """Looks around far more often than writes, and thinks some seconds between two clicks."""

    wait_time = between(2, 5)

    def on_start(self) -> None:
        self.turn = next(_turns)
        self.plan = PLAN["clerks"][self.turn % len(PLAN["clerks"])]
        self.client.cookies.set("sessionid", self.plan["cookie"])
        # The server closes connections that wait longer than a clerk thinks; browsers open another one then.
        self.client.headers.update({"Accept-Language": "zh-hans", "Connection": "close"})
        self.records: list[str] = []
        self.uploaded: list[str] = []

    @task(8)
    def list_records(self) -> None:
        self.records = _RECORD.findall(self._page(LIST, "list").text)

    @task(5)
    def search(self) -> None:
        self._page(f"{SUBJECTS}?q={quote(random.choice(PLAN['words']))}", "search")

    @task(4)
    def open_record(self) -> None:
        if self.records:
            self._page(random.choice(self.records), "record")

    @task(3)
    def enter_record(self) -> None:
        form = self._page(ADD, "entry form").text
        self._post(ADD, "entry", self._values() | {"_save": "1", "csrfmiddlewaretoken": _token(form)})

    @task(1)
    def import_file(self) -> None:
        if self.uploaded:
            self._page(self.uploaded[-1], "batch")
        form = self._page(UPLOAD, "upload form").text
        values = self._values()
        header = ",".join(PLAN["headers"].values())
        line = ",".join(str(values[f"v-{key}"]) for key in PLAN["headers"])
        answer = self._post(
            UPLOAD,
            "upload",
            {
                "item": self.plan["itemId"],
                "department": self.plan["departmentId"],
                "csrfmiddlewaretoken": _token(form),
            },
            files={"import_file": ("处罚.csv", f"{header}\n{line}\n".encode("utf-8-sig"))},
        )
        if answer.headers.get("Location"):
            self.uploaded.append(answer.headers["Location"])

    def _values(self) -> dict[str, Any]:
        company = random.choice(PLAN["companies"])
        return {
            "v-subject_name": company[0],
            "v-subject_category": "法人及非法人组织",
            "v-subject_uscc": company[1],
            "v-document_number": f"测并〔2025〕{self.turn}-{time.time_ns()}号",
            "v-facts": "销售不合格商品",
            "v-penalty_kinds_choice": "罚款",
            "v-content": "罚款一万元",
            "v-fine_amount": "1",
            "v-decided_on": "2025-09-26",
            "v-authority_name": self.plan["name"],
            "v-authority_code": self.plan["code"],
            "v-source_name": self.plan["name"],
            "v-source_code": self.plan["code"],
        }

    def _page(self, address: str, name: str) -> Any:
        with self.client.get(address, name=name, allow_redirects=False, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"{answer.status_code}")
            return answer

    def _post(self, address: str, name: str, data: dict[str, Any], **others: Any) -> Any:
        with self.client.post(address, data, name=name, allow_redirects=False, catch_response=True, **others) as answer:
            if answer.status_code == 302:
                answer.success()
            else:
                answer.failure(f"{answer.status_code}: {_errors(answer.text)}")
            return answer


def _token(form: str) -> str:
    found = _TOKEN.search(form)
    return found[1] if found else ""


def _errors(page: str) -> str:
    return " ".join(re.findall(r'class="[^"]*error[^"]*"[^>]*>([^<]{3,80})<', page))[:200]
