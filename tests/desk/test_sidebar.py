"""The sidebar marks the page that is open, and only that one."""

import pytest

from apps.desk.navigation import open_link

LINKS = [
    "/admin/",
    "/admin/records/record/add/",
    "/admin/records/record/",
    "/admin/records/record/?state__exact=submitted",
    "/admin/subjects/subject/",
    "/admin/subjects/subject/person/",
]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/admin/", "/admin/"),
        ("/admin/?x=1", "/admin/"),
        ("/admin/records/record/7/change/", "/admin/records/record/"),
        ("/admin/records/record/add/?item=penalty-legal", "/admin/records/record/add/"),
        ("/admin/records/record/?state__exact=submitted&q=7", "/admin/records/record/?state__exact=submitted"),
        ("/admin/subjects/subject/person/", "/admin/subjects/subject/person/"),
        ("/admin/password_change/", ""),
    ],
)
def test_the_nearest_page_is_the_open_one(address: str, expected: str) -> None:
    assert open_link(address, LINKS) == expected
