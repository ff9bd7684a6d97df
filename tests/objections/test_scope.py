"""Who reads and writes a case: in the pages' own filter, and in the database where that filter is forgotten."""

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from apps.audit.context import as_public, every_department
from apps.departments.actions import NotVisible, StateConflict
from apps.departments.models import User
from apps.departments.scope import acting_as, forget_grants
from apps.objections import actions
from apps.objections.models import Case, Event, Evidence, Letter, Passage, Pause
from apps.objections.papers import keep_letter
from tests.delivered import load_rules
from tests.factories import make_user
from tests.records.factories import Office

from . import factories as made

pytestmark = [pytest.mark.django_db, pytest.mark.no_context]

PARTS: list[type[Model]] = [Event, Pause, Passage, Evidence, Letter]


@pytest.fixture
def centre(db: None) -> made.Centre:
    with every_department():
        load_rules()
        return made.centre()


@pytest.fixture
def office(centre: made.Centre) -> Office:
    with every_department():
        return made.office()


@pytest.fixture
def other(centre: made.Centre) -> Office:
    with every_department():
        return made.office("tax")


@pytest.fixture
def cases(centre: made.Centre, office: Office) -> tuple[Case, Case]:
    """Two cases about records of the department, each with something in every part; neither is routed."""

    def made_whole() -> Case:
        case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
        case = actions.pause(user=centre.officer, obj=case, ground="testing", grounds="送检")
        case = actions.resume(user=centre.officer, obj=case, reason="检毕")
        letter = Letter(
            case=case, kind=Letter.Kind.VERIFICATION_REQUEST, number=case.number, dated=datetime.date(2026, 11, 23),
            name="核查函", added_by=centre.officer,
        )  # fmt: skip
        keep_letter(letter, b"%PDF-1.7")
        case = actions.route(user=centre.officer, obj=case, question="请核对")
        return actions.recall(user=centre.officer, obj=case, reason="先不问")

    with every_department():
        return made_whole(), made_whole()


def seen(user: User) -> dict[str, set[int]]:
    """All that the database gives this person, asked without any filter."""
    forget_grants(user)
    with transaction.atomic(), acting_as(user):
        found = {part.__name__: set(part._base_manager.values_list("case", flat=True)) for part in PARTS}
        found["Case"] = set(Case._base_manager.values_list("pk", flat=True))
        return found


def everywhere(*cases: Case) -> dict[str, set[int]]:
    keys = {case.pk for case in cases}
    return {**{part.__name__: keys for part in PARTS}, "Case": keys}


def visible(user: User) -> set[int]:
    """What the pages' own filter gives, with everything open in the database."""
    forget_grants(user)
    with transaction.atomic(), every_department():
        keys = set(Case.objects.visible_to(user).values_list("pk", flat=True))
        for part in PARTS:
            manager: Any = part._default_manager
            assert set(manager.visible_to(user).values_list("case", flat=True)) == keys
        return keys


def route(centre: made.Centre, case: Case) -> Case:
    with every_department():
        return actions.route(user=centre.officer, obj=case, question="请核对")


def test_the_department_sees_its_case_while_it_is_asked_and_once_it_has_answered(
    centre: made.Centre, office: Office, cases: tuple[Case, Case]
) -> None:
    case, reviewer = cases[0], office.reviewer

    def both() -> bool:
        assert (seen(reviewer) == everywhere(case)) == (visible(reviewer) == {case.pk})
        if visible(reviewer) == {case.pk}:
            return True
        assert (seen(reviewer), visible(reviewer)) == (everywhere(), set())
        return False

    assert not both(), "it was not asked, or the question was taken back"
    case = route(centre, case)
    assert both()
    with every_department():
        case = actions.recall(user=centre.officer, obj=case, reason="已查明")
    assert not both(), "the question was taken back"
    case = route(centre, case)
    with every_department():
        case = actions.find_right(user=reviewer, obj=case, grounds="一致")
        assert both()
        case = actions.decide_removed(user=centre.officer, obj=case, grounds="已撤销")
        assert both()
        case = actions.send_back(user=centre.second, obj=case, reason="再查")
        case = actions.decide_upheld(user=centre.officer, obj=case, grounds="一致")
    assert both(), "it reads what became of its answer"
    with every_department():
        case = actions.reopen(user=centre.officer, obj=case, reason="新证据")
    assert not both(), "it is not asked in what was reopened"


def test_of_the_past_the_department_sees_what_it_saw_then(
    centre: made.Centre, office: Office, cases: tuple[Case, Case]
) -> None:
    with transaction.atomic(), acting_as(office.reviewer):
        assert set(Case.history.values_list("id", "state")) == {(case.pk, "routed") for case in cases}
    with transaction.atomic(), acting_as(centre.officer):
        assert set(Case.history.values_list("state", flat=True)) == {"received", "accepted", "routed"}


def test_nobody_else_sees_it(centre: made.Centre, office: Office, other: Office, cases: tuple[Case, Case]) -> None:
    case = route(centre, cases[0])
    for user in (centre.officer, centre.second):
        assert seen(user) == everywhere(*cases)
        assert visible(user) == {each.pk for each in cases}
    with every_department():
        others = [make_user(f"the.{role}", department=centre.department, role=role) for role in ("clerk", "viewer")]
        administrators = [
            make_user(f"{role}-administrator", role=f"{role}-administrator", is_staff=True)
            for role in ("audit", "system", "security")
        ]
        lead = make_user("lead", department=made.make_department("leading-group-office", parent=case.department.parent),
                         role="office-lead")  # fmt: skip
        chief = make_user("chief", is_superuser=True)
    for user in (*others, office.clerk, office.viewer):
        assert visible(user) == set(), user
    for user in (other.reviewer, other.clerk, *administrators, lead, chief):
        assert (visible(user), seen(user)) == (set(), everywhere()), user
    office.reviewer.is_active = False
    assert (visible(office.reviewer), seen(office.reviewer)) == (set(), everywhere())


def test_nothing_is_open_to_everybody_or_to_nobody(centre: made.Centre, cases: tuple[Case, Case]) -> None:
    for model in (Case, *PARTS):
        with transaction.atomic():
            assert not model._base_manager.exists()
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), as_public():
            model._base_manager.exists()


def write(user: User, case: Case, statement: str, *values: Any) -> int:
    """How many rows a statement of this person changes; -1 where the database refuses it."""
    forget_grants(user)
    try:
        with transaction.atomic(), acting_as(user, reason="试"), connection.cursor() as cursor:
            cursor.execute(statement, [*values, case.pk])
            transaction.set_rollback(True)
            return cursor.rowcount
    except DatabaseError as error:
        assert "row-level security" in str(error), error
        return -1


NOTE = (
    "INSERT INTO objections_event (at, what, source, target, text, for_applicant, case_id)"
    " VALUES (now(), 'note', '', '', 'x', false, %s)"
)
CHANGES = (
    "UPDATE objections_case SET statement = 'x' WHERE id = %s",
    "UPDATE objections_pause SET reason = 'x' WHERE case_id = %s",
    "UPDATE objections_evidence SET name = 'x' WHERE case_id = %s",
    "UPDATE objections_letter SET name = 'x' WHERE case_id = %s",
)


def writes(user: User, case: Case) -> set[int]:
    return {write(user, case, statement) for statement in (NOTE, *CHANGES)}


def test_who_may_write(centre: made.Centre, office: Office, other: Office, cases: tuple[Case, Case]) -> None:
    case, reviewer = cases[0], office.reviewer
    assert writes(centre.officer, case) == {1}
    assert writes(reviewer, case) == {-1, 0}
    case = route(centre, case)
    assert writes(reviewer, case) == {1}
    assert writes(reviewer, cases[1]) == {-1, 0}
    for user in (other.reviewer, office.viewer):
        assert writes(user, case) == {-1, 0}
    with every_department():
        case = actions.find_right(user=reviewer, obj=case, grounds="一致")
        actions.decide_upheld(user=centre.officer, obj=case, grounds="一致")
    assert seen(reviewer) == everywhere(case)
    assert writes(reviewer, case) == {-1, 0}, "it reads and changes nothing any more"


def test_the_department_neither_makes_nor_removes_nor_takes_cases(
    centre: made.Centre, office: Office, cases: tuple[Case, Case]
) -> None:
    case = route(centre, cases[0])
    reviewer = office.reviewer
    assert write(reviewer, case, "UPDATE objections_case SET department_id = %s, routed_to_id = NULL WHERE id = %s",
                 centre.department.pk) == -1  # fmt: skip
    columns = [f'"{each.column}"' for each in Case._meta.concrete_fields if not each.primary_key]
    copied = f"INSERT INTO objections_case ({', '.join(columns)}) SELECT {', '.join(columns)} FROM objections_case"
    chosen = copied.replace('"state", ', "'received', ", 2).replace("'received', ", '"state", ', 1)
    assert write(reviewer, case, f"{chosen} WHERE id = %s") == -1
    for user in (reviewer, centre.officer):
        assert write(user, case, "DELETE FROM objections_case WHERE id = %s") == 0


def test_after_its_answer_the_department_reads_only(
    centre: made.Centre, office: Office, cases: tuple[Case, Case]
) -> None:
    reviewer = office.reviewer
    with pytest.raises(NotVisible):
        actions.note(user=reviewer, obj=cases[0], text="不应看到")
    case = route(centre, cases[0])
    with every_department():
        actions.take(user=reviewer, obj=case)
        actions.note(user=reviewer, obj=case, text="正在调卷")
        case = actions.find_right(user=reviewer, obj=case, grounds="一致")
    for action, inputs in (
        (actions.note, {"text": "补一句"}),
        (actions.take, {}),
        (actions.find_wrong, {"grounds": "改"}),
    ):
        with pytest.raises(StateConflict):
            action(user=reviewer, obj=case, **inputs)
    with pytest.raises(StateConflict):
        actions.prepare_correction(user=reviewer, obj=case, values={"fine_amount": "0.5"})
