"""The supervisor's board: what lies where, how long it takes, what comes out; to look at and as a file."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.frames import text_frame
from apps.core.sheets.writing import FORMATS, write_file
from apps.departments.admin_scope import ScopedAdmin
from apps.departments.scope import departments_of

from ..measures import Board, board
from ..models import Case
from ..querysets import HANDLES
from .filters import YEARS_OFFERED


class BoardPages(ScopedAdmin):
    """Adds the board to the admin of cases."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("board/", view(self.board_view), name="objections_case_board"),
            path("board/file/", view(self.board_file_view), name="objections_case_board_file"),
            *super().get_urls(),
        ]

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """Tables and charts."""
        kind, year, found = self._board(request)
        today = timezone.localdate()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Board of cases"),
            "opts": self.opts,
            "kind": kind,
            "year": year,
            "kinds": Case.Kind.choices,
            "years": range(today.year, today.year - YEARS_OFFERED, -1),
            "board": found,
            "tiles": [
                (_("Open"), found.total("open"), "", "?"),
                (_("Overdue"), found.total("overdue"), "obj-late", "?clock=overdue"),
                (_("Due today"), found.total("today"), "", "?clock=today"),
                (_("Paused"), found.total("paused"), "", "?clock=paused"),
            ],
            "chart": _chart(found),
            "chart_options": json.dumps(_CHART_OPTIONS),
            "query": request.GET.urlencode(),
        }
        return TemplateResponse(request, "objections/board.html", context)

    def board_file_view(self, request: HttpRequest) -> FileResponse:
        """The same numbers, one below the other."""
        _kind, _year, found = self._board(request)
        extension = request.GET.get("format", "xlsx")
        if extension not in FORMATS:
            raise Http404
        headers = [_("table"), _("row"), _("column"), _("value")]
        return FileResponse(
            write_file(extension, headers, [text_frame(_rows(found))]),
            as_attachment=True,
            filename=f"case-board-{timezone.localdate():%Y%m%d}.{extension}",
            content_type=FORMATS[extension][0],
        )

    def _board(self, request: HttpRequest) -> tuple[str, int | None, Board]:
        """What is asked for, and the numbers. Raises PermissionDenied."""
        if not self.has_view_permission(request) or not departments_of(request.user, HANDLES):
            raise PermissionDenied
        kind, text = request.GET.get("kind", ""), request.GET.get("year", "")
        kind = kind if kind in Case.Kind.values else ""
        year = int(text) if text.isascii() and text.isdigit() and 1949 < int(text[:5]) < 2200 else None
        return kind, year, board(request.user, kind, year, timezone.localdate())


def _rows(found: Board) -> Iterator[list[Any]]:
    for stage in found.stages:
        numbers = {_("open"): stage.open, _("overdue"): stage.overdue, _("due today"): stage.today}
        for column, number in {**numbers, _("paused"): stage.paused}.items():
            yield [_("Open cases by stage"), stage.label, column, number]
    for line in found.passages:
        row = f"{line.department} · {line.label}"
        columns = {_("passed"): line.passed, _("median of working days"): line.median, _("in time (%)"): line.share}
        for column, value in columns.items():
            yield [_("Time taken by department and stage"), row, column, value]
    for month in found.months:
        for column, number in {_("received"): month.received, _("ended"): month.ended}.items():
            yield [_("Cases by month"), f"{month.month:%Y-%m}", column, number]
    for each in found.outcomes:
        for column, value in {_("cases"): each.cases, _("share (%)"): each.share}.items():
            yield [_("Outcomes"), f"{each.label} · {each.outcome}", column, value]


_CHART_OPTIONS = {
    "responsive": True,
    "maintainAspectRatio": False,
    "animation": False,
    "plugins": {"legend": {"display": True, "position": "top", "align": "end"}},
    "scales": {
        "x": {"grid": {"display": False}, "ticks": {"display": True}},
        "y": {"min": 0, "ticks": {"display": True, "precision": 0}, "grid": {"display": True}},
    },
}


def _chart(found: Board) -> str:
    def bars(label: str, numbers: list[int], colour: str) -> dict[str, Any]:
        return {"label": label, "data": numbers, "backgroundColor": colour, "displayYAxis": True}

    return json.dumps(
        {
            "labels": [f"{line.month:%Y-%m}" for line in found.months],
            "datasets": [
                bars(_("received"), [line.received for line in found.months], "var(--color-primary-600)"),
                bars(_("ended"), [line.ended for line in found.months], "var(--color-base-400)"),
            ],
        }
    )
