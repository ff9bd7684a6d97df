"""What waits on a person's desk, in bounded queries: no count grows dearer with the size of the tables."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate, TruncMonth
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.calendars import current_calendar
from apps.departments.models import Department, TwoPersonChange
from apps.departments.scope import acting_as, departments_of
from apps.departments.two_persons import State
from apps.exchange.models import Batch
from apps.objections.models import Case
from apps.objections.querysets import CHECKS, HANDLES
from apps.records.models import Record

SHOWN = 6
COUNTED = 1000
SOON_WORKING_DAYS = 2

UNFINISHED = (Record.State.DRAFT, Record.State.RETURNED, Record.State.SUBMITTED)


@dataclass(frozen=True)
class Pile:
    """Rows that wait for somebody: the first of them, how many (counted up to COUNTED), and the list of all."""

    title: str | Promise
    icon: str
    rows: list[Any]
    count: int
    query: str
    tone: str = "number"

    @property
    def count_text(self) -> str:
        """The number, or "1000+" where there are more than are counted."""
        return f"{COUNTED}+" if self.count > COUNTED else str(self.count)


def _pile(title: str | Promise, icon: str, rows: QuerySet, query: str, tone: str = "number") -> Pile:
    count = rows.order_by()[: COUNTED + 1].count()
    return Pile(title, icon, list(rows[:SHOWN]) if count else [], count, query, tone if count else "number")


def record_piles(user: Any, today: date) -> list[Pile]:
    """Drafts, returned records, deadlines and reviews of the departments in which ``user`` works."""
    enter = departments_of(user, "enter_records")
    review = departments_of(user, "review_records")
    visible = Record.objects.visible_to(user).select_related("item", "subject", "department")
    unfinished = visible.filter(state__in=UNFINISHED, department__in=enter | review).order_by("deadline", "pk")
    soon = current_calendar().add_working_days(today, SOON_WORKING_DAYS).date
    piles = []
    if enter:
        mine = visible.filter(author=user, department__in=enter).order_by("-pk")
        piles += [
            _pile(
                _("My drafts"),
                "edit_note",
                mine.filter(state=Record.State.DRAFT),
                f"state__exact=draft&author__id__exact={user.pk}",
            ),
            _pile(
                _("Returned to me"),
                "assignment_return",
                mine.filter(state=Record.State.RETURNED),
                f"state__exact=returned&author__id__exact={user.pk}",
                "warning",
            ),
        ]
    if review:
        waiting = visible.filter(state=Record.State.SUBMITTED, department__in=review).exclude(
            author=user, department__four_eyes=True
        )
        piles.append(
            _pile(
                _("Waiting for my review"), "rule", waiting.order_by("deadline", "pk"), "state__exact=submitted", "info"
            )
        )
    if enter or review:
        piles += [
            _pile(
                _("Deadline running out"),
                "timer",
                unfinished.filter(deadline__gte=today, deadline__lte=soon),
                "clock=soon",
                "warning",
            ),
            _pile(_("Overdue"), "alarm", unfinished.filter(deadline__lt=today), "clock=overdue", "danger"),
        ]
    return piles


def case_piles(user: Any, today: date) -> list[Pile]:
    """Objections and applications for repair: those of the centre for its officers, those that a department was asked
    about for its reviewers."""
    handled, checked = departments_of(user, HANDLES), departments_of(user, CHECKS)
    running = Case.objects.visible_to(user).running().select_related("record__subject").order_by("due", "pk")
    piles = []
    if handled:
        ours = running.filter(department__in=handled)
        soon = current_calendar().add_working_days(today, SOON_WORKING_DAYS).date
        piles += [
            _pile(_("Cases overdue"), "alarm", ours.filter(due__lt=today), "clock=overdue", "danger"),
            _pile(_("Cases due soon"), "timer", ours.filter(due__range=(today, soon)), "clock=soon", "warning"),
            _pile(_("Cases nobody took"), "pan_tool_alt", ours.filter(handler=None), "desk=nobody", "warning"),
            _pile(_("My cases"), "front_hand", ours.filter(handler=user), "desk=mine"),
        ]
    if checked:
        asked = running.filter(state=Case.State.ROUTED, routed_to__in=checked)
        piles.append(_pile(_("Cases to check"), "forward_to_inbox", asked, "state__exact=routed", "info"))
    return piles


def batch_pile(user: Any) -> Pile | None:
    """Batches that wait for a correction or a decision, for those who may import."""
    if not departments_of(user, "enter_records"):
        return None
    waiting = Batch.objects.visible_to(user).filter(state=Batch.State.CHECKED).select_related("item", "department")
    return _pile(_("Batches to decide on"), "inventory_2", waiting.order_by("-pk"), "state__exact=checked", "warning")


def change_piles(user: Any) -> list[Pile]:
    """Two-person changes: those that wait for ``user`` as the second person, and the own ones that still wait."""
    if not user.has_perm("departments.add_twopersonchange"):
        return []
    waiting = TwoPersonChange.objects.filter(state=State.WAITING, expires_at__gt=timezone.now()).select_related(
        "person", "group__role__department", "permission", "department", "parent", "proposed_by"
    )
    mine = _pile(
        _("My proposals"),
        "hourglass_top",
        waiting.filter(proposed_by=user),
        f"state__exact=waiting&proposed_by__id__exact={user.pk}",
    )
    if not user.has_perm("departments.view_membership"):
        return [mine]
    others = waiting.exclude(proposed_by=user).exclude(person=user)
    to_decide = _pile(_("Waiting for a second person"), "how_to_reg", others, "state__exact=waiting", "info")
    return [to_decide, mine]


@dataclass(frozen=True)
class Month:
    """Published records with a deadline in one month: all of them, and those published by their deadline."""

    month: date
    published: int
    in_time: int

    @property
    def share(self) -> float:
        """Percent published in time, one decimal."""
        return round(100 * self.in_time / self.published, 1) if self.published else 0.0


_IN_TIME = Q(published_on__lte=F("deadline"))


def _published_since(since: date) -> Q:
    # A moment, not a day: the index holds moments.
    return Q(published_at__gte=timezone.make_aware(datetime.combine(since, time.min)), deadline__isnull=False)


def timeliness(records: QuerySet, since: date) -> list[Month]:
    """Timeliness (双公示: within 7 working days) by month of publication since ``since``, oldest first."""
    rows = (
        records.filter(_published_since(since))
        .annotate(published_on=TruncDate("published_at"), month=TruncMonth("published_at"))
        .order_by()
        .values("month")
        .annotate(published=Count("pk"), kept=Count("pk", filter=_IN_TIME))
        .order_by("month")
    )
    return [Month(row["month"].date(), row["published"], row["kept"]) for row in rows]


@dataclass(frozen=True)
class DepartmentLine:
    """One department's timeliness, for those who chase all of them."""

    department: Department
    published: int
    in_time: int
    overdue: int

    @property
    def share(self) -> float:
        """Percent published in time, one decimal."""
        return round(100 * self.in_time / self.published, 1) if self.published else 0.0


def department_lines(user: Any, since: date, today: date) -> list[DepartmentLine]:
    """Numbers alone, no rows: published, in time and overdue by department, where ``user`` manages the plan's tasks."""
    managed = departments_of(user, "manage_tasks")
    if not managed:
        return []
    own = Record.objects.filter(department__in=managed).order_by()
    published = (
        own.filter(_published_since(since))
        .annotate(published_on=TruncDate("published_at"))
        .values("department")
        .annotate(published=Count("pk"), kept=Count("pk", filter=_IN_TIME))
        .values_list("department", "published", "kept")
    )
    overdue = own.filter(state__in=UNFINISHED, deadline__lt=today).values("department").annotate(late=Count("pk"))
    # Whoever chases the departments may count their rows, without a grant to see any.
    with acting_as(user, readable=managed):
        kept = {department: (number, in_time) for department, number, in_time in published}
        late = dict(overdue.values_list("department", "late"))
    lines = [
        DepartmentLine(department, *kept.get(department.pk, (0, 0)), late.get(department.pk, 0))
        for department in Department.objects.filter(pk__in=kept.keys() | late.keys())
    ]
    return sorted(lines, key=lambda line: (-line.overdue, line.share, line.department.position))
