"""What a verification may find, as data and in words."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Kind(models.TextChoices):
    """The first three name a row, the others a seal or the published list."""

    CHANGED = "changed", gettext_lazy("row changed")
    REMOVED = "removed", gettext_lazy("row removed")
    ADDED = "added", gettext_lazy("row added")
    TABLE = "table", gettext_lazy("table cannot be compared")
    SEAL_MISSING = "seal-missing", gettext_lazy("seal missing")
    LINK = "link", gettext_lazy("link to the seal before is wrong")
    ROOT = "root", gettext_lazy("content of the seal changed")
    PUBLISHED = "published", gettext_lazy("seal differs from the published one")
    LIST = "list", gettext_lazy("published list damaged")
    ARCHIVE = "archive", gettext_lazy("archived month cannot be compared")


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed.

    ``table``, ``model``, ``history_id``, ``object``: the row and what it is about (unknown of a removed row);
    ``seal``, ``sealed_at``: the seal that covers it, or is itself at fault; ``line``: of the published list;
    ``detail``: columns that are gone; ``reason``: what is wrong with the file of an archived month, in words.
    """

    kind: Kind
    table: str = ""
    model: str = ""
    history_id: int | None = None
    object: str | None = None
    seal: int | None = None
    sealed_at: datetime.datetime | None = None
    line: int | None = None
    detail: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Without the fields that say nothing of this kind; the keys are those of the class."""
        values = {
            "table": self.table,
            "model": self.model,
            "history_id": self.history_id,
            "object": self.object,
            "seal": self.seal,
            "sealed_at": self.sealed_at.isoformat() if self.sealed_at else None,
            "line": self.line,
            "detail": self.detail,
            "reason": self.reason,
        }
        return {"kind": self.kind.value, **{key: value for key, value in values.items() if value not in ("", None)}}


@dataclass
class Report:
    """The outcome of a verification. ``rows``: how many were compared; ``unsealed``: younger than the last seal;
    ``archived``: in the archive, and not looked at."""

    first_seal: int = 0
    last_seal: int = 0
    rows: int = 0
    unsealed: int = 0
    archived: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        return {
            "intact": self.intact,
            "first_seal": self.first_seal,
            "last_seal": self.last_seal,
            "rows": self.rows,
            "unsealed": self.unsealed,
            "archived": self.archived,
            "findings": [finding.as_json() for finding in self.findings],
        }


def sentence(finding: dict[str, Any]) -> str:
    """A finding (as ``as_json`` gives it) in the language in use."""
    parts = [str(Kind(finding["kind"]).label)]
    if "table" in finding:
        parts.append(_("table %(table)s") % finding)
    if "history_id" in finding:
        parts.append(_("history row %(history_id)s") % finding)
    if "object" in finding:
        parts.append(_("about %(model)s %(object)s") % finding)
    if "seal" in finding:
        text = _("seal %(seal)s of %(sealed_at)s") if "sealed_at" in finding else _("seal %(seal)s")
        moment = finding.get("sealed_at")
        parts.append(text % {"seal": finding["seal"], "sealed_at": _local(moment) if moment else ""})
    if "line" in finding:
        parts.append(_("line %(line)s") % finding)
    if "detail" in finding:
        parts.append(_("columns that are gone: %(detail)s") % finding)
    if "reason" in finding:
        parts.append(finding["reason"])
    return _(": ").join([parts[0], _(", ").join(parts[1:])]) if parts[1:] else parts[0]


def _local(moment: str) -> str:
    return timezone.localtime(datetime.datetime.fromisoformat(moment)).strftime("%Y-%m-%d %H:%M:%S")
