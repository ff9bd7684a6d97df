"""Organisations are found by any two characters, by codes and their beginnings, at once."""

import pytest

from apps.core.text import match_form
from apps.subjects.models import Identifier, Subject, SubjectName
from apps.subjects.querysets import BOUND
from tests.subjects.factories import organisation_code, subject, uscc

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("金水", True),
        ("水区", True),
        ("金水区", True),
        ("水", True),
        ("科技", True),
        ("ABC科", True),
        ("abc", True),
        ("（金水区）", True),
        ("(金水 区)", True),
        ("郑州（金水区）abc科技有限公司", True),
        ("水金", False),
        ("郑州金水", False),
        ("科技公司", False),
        ("%", False),
        ("_", False),
        ("'", False),
        ("\\", False),
        ("' & '", False),
        ("", False),
        ("   ", False),
        ("x" * 5000, False),
    ],
)
def test_a_part_of_the_name(text, found):
    one = subject(1, "郑州(金水区)ａｂｃ科技有限公司")
    assert (one in Subject.objects.search(text)) is found


def test_pairs_that_stand_apart_are_no_hit():
    subject(1, "郑州公司有限公有")
    assert not Subject.objects.search("公有限").exists()


def test_former_names_codes_and_their_beginnings():
    one, other = subject(1, "郑州甲公司"), subject(2, "郑州乙公司")
    SubjectName.objects.create(subject=one, name="河南老字号", match_name="河南老字号")
    Identifier.objects.create(subject=one, scheme="organisation_code", value=organisation_code(1))
    for text in ("老字", uscc(1), uscc(1).lower(), f"{uscc(1)}（1-2）", organisation_code(1), organisation_code(1)[:8]):
        assert list(Subject.objects.search(text)) == [one], text
    assert set(Subject.objects.search(uscc(1)[:9])) == {one, other}
    # Fewer than six characters begin too many codes to be meant as one.
    assert not Subject.objects.search("91410").exists()
    assert set(Subject.objects.by_code(uscc(1), uscc(2))) == {one, other}


def test_the_very_name_comes_first_and_more_is_told():
    for number in range(30):
        subject(number, f"郑州嘉瑞{number}分公司")
    exact = subject(40, "郑州嘉瑞")
    hits, more = Subject.objects.first_hits("郑州嘉瑞", 20)
    assert (hits[0], len(hits), more) == (exact, 20, True)
    hits, more = Subject.objects.first_hits("嘉瑞29分", 20)
    assert ([hit.name for hit in hits], more) == (["郑州嘉瑞29分公司"], False)


@pytest.fixture
def many(transactional_db, owner_connection):
    """A quarter of an ordinary city's companies: most bear 郑州 and 有限, few a given pair."""
    first, second = "嘉瑞恒泰鑫盛华信德明远博宏达兴隆", "达源泰和顺通祥宁辰阳宇轩霖康莱诺"
    names = [
        f"郑州{first[n % 16]}{second[n // 16 % 16]}{second[n // 256 % 16]}{n % 97}商贸有限公司" for n in range(20_000)
    ]
    Subject.objects.bulk_create(
        Subject(kind="legal_entity", name=name, match_name=match_form(name), uscc=uscc(n))
        for n, name in enumerate(names)
    )
    # As autovacuum does; the application role may not.
    owner_connection.execute("ANALYZE subjects_subject, subjects_identifier, subjects_subjectname")


def test_search_uses_the_indexes_and_never_sorts_or_counts_a_large_result(many):
    rare = Subject.objects.search("鑫达和7商").explain()
    assert "subject_name_tokens" in rare
    assert "Seq Scan" not in rare
    for frequent in ("有限", "郑州", "有限公司"):
        plan = Subject.objects.search(frequent).order_by("-pk")[:51].explain()
        # The list reads from the end of the primary key until the page is full.
        assert "Index Scan Backward using subjects_subject_pkey" in plan
        assert "Sort" not in plan
    # A code that begins twenty thousand others brings at most the bound.
    assert Subject.objects.search("91410105").count() == BOUND
    for number in (uscc(77), uscc(77)[:16]):
        assert Subject.objects.search(number).get().uscc == uscc(77)
