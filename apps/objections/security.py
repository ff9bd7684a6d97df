"""What the database itself holds of cases: who may see which, and the mark on the record."""

from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.db import models

from apps.audit.row_security import RowSecurity, departments_in
from apps.audit.triggers import OwnTrigger

from . import states


@dataclass(frozen=True)
class CaseRows(RowSecurity):
    """Rows of the department that handles the case. The one that it was routed to reads it while it is asked and once
    it has answered (not where the question was taken back), and writes until the centre has decided."""

    def read(self, model: type[models.Model], alias: str) -> str:
        asked = f"(\"{alias}\".state = '{states.ROUTED}' OR \"{alias}\".finding <> '')"
        return self._either(alias, "app.departments", asked)

    def write(self, model: type[models.Model], alias: str) -> str:
        return self._either(alias, "app.writable", f"\"{alias}\".state IN ('{states.ROUTED}', '{states.ANSWERED}')")

    def insert(self, model: type[models.Model], alias: str) -> str:
        return f'"{alias}"."department_id" = ANY ({departments_in("app.writable")})'

    def delete(self, model: type[models.Model], alias: str) -> str:
        return "false"

    def _either(self, alias: str, setting: str, asked: str) -> str:
        opened = departments_in(setting)
        return f'("{alias}"."department_id" = ANY ({opened}) OR "{alias}"."routed_to_id" = ANY ({opened}) AND {asked})'


class MarksRecord(OwnTrigger):
    """Keeps the mark "under objection" of a record true, whatever door a case comes through.

    The record bears it exactly as long as an objection to it is open: no action sets or removes it.
    """

    level = pgtrigger.Row

    def __init__(self, field: str) -> None:
        self.record_field = field
        super().__init__(
            name="marks_record",
            operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("state", "kind", f"{field}_id"),
        )

    def get_func(self, model: models.Model) -> str:
        field: Any = model._meta.get_field(self.record_field)
        record, column = field.related_model._meta.db_table, field.column
        open_states = ", ".join(f"'{state}'" for state in states.OPEN)
        return f"""
            UPDATE "{record}" AS r SET under_objection = NOT r.under_objection
            WHERE r.id IN (OLD."{column}", NEW."{column}") AND r.under_objection <> EXISTS (
                SELECT FROM "{model._meta.db_table}" AS c
                WHERE c."{column}" = r.id AND c.kind = '{states.OBJECTION}' AND c.state IN ({open_states})
            );
        """
