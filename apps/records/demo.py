"""Demo records: thousands over several departments and years, in all states, the same whenever drawn on the same day.

They are drawn backwards from today, so that some wait for the demo accounts, some deadlines run out today and some are
missed, and the timeliness of each month means something. Nobody real is meant.
"""

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from django.utils import timezone

from apps.audit.context import acting
from apps.catalogue.models import InformationItem
from apps.core.calendars import current_calendar
from apps.core.terms import SubjectKind
from apps.departments.demo import former_worker
from apps.departments.models import Department, User
from apps.departments.terms import Role
from apps.subjects.models import Subject

from . import rules
from .archiving import archive_due
from .clocks import Clocks, named_end
from .demo_texts import MAKERS
from .models import Record

SEED: Final = 20160
DAYS: Final = 900
"""So far back decisions go; a few older ones are archived."""
BUSY_DAYS: Final = 14
"""Decisions of the last days are in all states."""
OPEN_SHARE: Final = (0.30, 0.55, 0.65)
"""Of recent decisions: up to the first share drafts, then submitted, then returned, the rest published."""
BATCH: Final = 2000
NAMES: Final = ("刘洋", "陈静", "杨帆", "黄磊", "周敏", "吴昊", "徐丽", "孙鹏", "马超", "朱琳", "胡军", "郭倩")


@dataclass(frozen=True)
class Plan:
    """How many records of an item a department has."""

    department: str
    item: str
    count: int


PLANS: Final = (
    Plan("market-supervision", "penalty-legal", 1100),
    Plan("market-supervision", "licence-legal", 900),
    Plan("market-supervision", "penalty-person", 120),
    Plan("market-supervision", "abnormal-operation", 160),
    Plan("market-supervision", "honours", 60),
    Plan("taxation", "penalty-legal", 500),
    Plan("taxation", "licence-legal", 250),
    Plan("taxation", "tax-arrears", 200),
    Plan("taxation", "tax-grade-a", 250),
    Plan("ecology-environment", "penalty-legal", 320),
    Plan("ecology-environment", "licence-legal", 260),
    Plan("transport", "penalty-legal", 260),
    Plan("transport", "licence-legal", 300),
    Plan("health", "penalty-legal", 180),
    Plan("health", "licence-legal", 220),
    Plan("emergency", "penalty-legal", 140),
    Plan("housing", "licence-legal", 200),
    Plan("court", "judgment-debtor", 180),
)
LATE_SHARE: Final = {"taxation": 0.04, "market-supervision": 0.08, "housing": 0.22, "transport": 0.15}
"""Share of late publications at the end of the time; at its beginning it is three times as much."""


@dataclass
class Office:
    """A department with whoever enters and reviews its records."""

    department: Department
    clerk: User
    reviewer: User
    number: int = 0


def load() -> str:
    """Add the records once; a line that says how many there are. Returns without a change when any are there."""
    if Record.objects.exists():
        return "records are there already"
    draw = _Drawing(timezone.localdate())
    records = [record for plan in PLANS for record in draw.records_of(plan)]
    enter(records)
    draw.review()
    return f"{len(records)} records of {len({plan.department for plan in PLANS})} departments"


def enter(records: list[Record]) -> None:
    """Insert them in the order in which they were entered, month by month, each by its author."""
    records.sort(key=lambda record: (f"{record.created_at:%Y%m}", record.author_id, record.created_at))
    moments = [record.created_at for record in records]
    for (_month, author), batch in groupby(records, key=lambda record: (f"{record.created_at:%Y%m}", record.author_id)):
        with acting(user_id=author, reason=""):
            Record.objects.bulk_create(list(batch), batch_size=BATCH)
    # The moment of entry is set by the model; the demo's are of the past.
    for moment, record in zip(moments, records, strict=True):
        record.created_at = moment
    Record.objects.bulk_update(records, ["created_at"], batch_size=BATCH)


@dataclass
class _Drawing:
    today: datetime.date
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    offices: dict[str, Office] = field(default_factory=dict)
    subjects: dict[str, list[Subject]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendar = current_calendar()
        for subject in Subject.objects.filter(merged_into=None).order_by("pk"):
            self.subjects.setdefault(subject.kind, []).append(subject)

    def records_of(self, plan: Plan) -> list[Record]:
        item = InformationItem.objects.filter(code=plan.item, state=InformationItem.State.ACTIVE).first()
        office = self._office(plan.department)
        kinds = item.subject_kinds if item else []
        subjects = [subject for kind in kinds for subject in self.subjects.get(kind, [])]
        if item is None or office is None or not subjects:
            return []
        clocks = Clocks(item, self.today, self.calendar)
        make = MAKERS[plan.item]
        return [self._record(item, office, clocks, make, subjects) for _ in range(plan.count)]

    def _office(self, slug: str) -> Office | None:
        if slug not in self.offices:
            department = Department.objects.filter(slug=slug).first()
            if department is None:
                return None
            people = {role: self._person(department, role) for role in (Role.CLERK, Role.REVIEWER)}
            self.offices[slug] = Office(department, people[Role.CLERK], people[Role.REVIEWER])
        return self.offices[slug]

    def _person(self, department: Department, role: Role) -> User:
        """The demo account of the role, else somebody who worked there once and cannot log in any more."""
        found = (
            User.objects.filter(department=department, groups__role__role=role, is_active=True).order_by("pk").first()
        )
        return found or former_worker(department, role, self.chance.choice(NAMES))

    def _record(
        self,
        item: InformationItem,
        office: Office,
        clocks: Clocks,
        make: Callable[..., dict[str, Any]],
        subjects: list[Subject],
    ) -> Record:
        subject = self.chance.choice(subjects)
        decided_on = self._working_day()
        office.number += 1
        made = make(self.chance, office.department, subject, decided_on, office.number)
        data = made.pop("data")
        if subject.legal_representative and subject.kind != SubjectKind.NATURAL_PERSON:
            data["legal_representative"] = subject.legal_representative
        due = clocks.due(decided_on)
        record = Record(
            item=item,
            department=office.department,
            subject=subject,
            decided_on=decided_on,
            authority_name=office.department.name,
            authority_code=office.department.uscc or "",
            source_name=office.department.name,
            source_code=office.department.uscc or "",
            data=data,
            deadline=due.date,
            deadline_provisional=due.provisional,
            deadline_rule_id=due.rule,
            author=office.clerk,
            **made,
        )
        record.archive_on = clocks.archive_on(decided_on, named_end(item, record.disclosed_to, data))
        self._lead(record, office)
        return record

    def _working_day(self) -> datetime.date:
        """A working day of the past; one in forty lies so far back that its disclosure is over."""
        days = self.chance.randrange(1900, 2200) if self.chance.random() < 0.025 else self._recent()
        day = self.today - datetime.timedelta(days=days)
        while not self.calendar.is_working_day(day):
            day -= datetime.timedelta(days=1)
        return day

    def _recent(self) -> int:
        # Offices are busier of late, and the desks of today should not be empty.
        return self.chance.randrange(0, BUSY_DAYS) if self.chance.random() < 0.03 else self.chance.randrange(DAYS)

    def _lead(self, record: Record, office: Office) -> None:
        """Give the record what its age has brought it: entered, submitted, published, and what came after.

        The state itself goes no further than submitted here; ``review`` leads on, as the reviewer.
        """
        age = (self.today - record.decided_on).days
        record.created_at = self._moment(record.decided_on, self.chance.randrange(0, 4))
        lot = self.chance.random()
        if age <= BUSY_DAYS and lot < OPEN_SHARE[2]:
            if lot < OPEN_SHARE[0]:
                return
            record.submitted_at = self._moment(record.created_at.date(), self.chance.randrange(0, 2))
            record.state = rules.SUBMITTED
            if lot >= OPEN_SHARE[1]:
                record.reviewer = office.reviewer
                record.return_reason = self.chance.choice(_RETURNS)
            return
        record.submitted_at = self._moment(record.created_at.date(), self.chance.randrange(0, 2))
        record.reviewer = office.reviewer
        record.published_at = self._moment(self._publication(record, office, age), 0)
        record.state = rules.SUBMITTED
        if age > BUSY_DAYS and self.chance.random() < 0.015:
            self._withdraw(record)

    def _publication(self, record: Record, office: Office, age: int) -> datetime.date:
        """Mostly in time; later more often in the early months, and more often in some departments."""
        if record.deadline is None:
            return record.decided_on + datetime.timedelta(days=self.chance.randrange(1, 12))
        late = LATE_SHARE.get(office.department.slug, 0.1) * (1 + 2 * min(age, DAYS) / DAYS)
        if self.chance.random() < late:
            return record.deadline + datetime.timedelta(days=self.chance.randrange(1, 15))
        span = (record.deadline - record.decided_on).days
        return record.decided_on + datetime.timedelta(days=self.chance.randrange(1, span + 1))

    def _withdraw(self, record: Record) -> None:
        assert record.published_at
        changed_on = min(self.today, timezone.localdate(record.published_at) + datetime.timedelta(days=30))
        record.withdrawal = self.chance.choice(list(_WITHDRAWALS))
        record.withdrawal_reason = _WITHDRAWALS[record.withdrawal]
        record.withdrawal_decided_on = changed_on
        record.withdrawal_due = self.calendar.add_working_days(changed_on, 3).date
        record.withdrawn_at = self._moment(changed_on, 1)

    def _moment(self, day: datetime.date, later: int) -> datetime.datetime:
        """Office hours, ``later`` days after ``day``, never in the future."""
        at = datetime.datetime.combine(
            day + datetime.timedelta(days=later),
            datetime.time(self.chance.randrange(9, 18), self.chance.randrange(60)),
            timezone.get_current_timezone(),
        )
        return min(at, timezone.now())

    def review(self) -> None:
        """Lead the records on to where they belong, so that the history names the reviewer and the reasons."""
        for office in self.offices.values():
            own = Record.objects.filter(department=office.department)
            with acting(user_id=office.reviewer.pk, reason=""):
                own.filter(state=rules.SUBMITTED, published_at__isnull=False).update(state=rules.PUBLISHED)
            for reason in _RETURNS:
                with acting(user_id=office.reviewer.pk, reason=reason):
                    own.filter(state=rules.SUBMITTED, return_reason=reason).update(state=rules.RETURNED)
            for reason in _WITHDRAWALS.values():
                with acting(user_id=office.reviewer.pk, reason=reason):
                    own.filter(state=rules.PUBLISHED, withdrawal_reason=reason).update(state=rules.WITHDRAWN)
        archive_due(self.today)


_WITHDRAWALS: Final[dict[str, str]] = {
    Record.Withdrawal.REVOKED: "行政复议决定撤销原决定",
    Record.Withdrawal.VARIED: "行政复议决定变更原决定",
}
_RETURNS: Final = (
    "罚款金额与决定书不一致，请核对后重新提交。",
    "请补充上传行政处罚决定书扫描件。",
    "行政相对人名称与统一社会信用代码不符，请核对营业执照。",
)
