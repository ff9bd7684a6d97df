"""The sidebar, grouped by job. A group or page appears only to those who may open it."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Page:
    """A page of the sidebar: title, icon, URL name, the Django permission that opens it ("": open to everybody)."""

    title: str | Promise
    icon: str
    url: str
    permission: str
    query: str = ""


GROUPS: list[tuple[str | Promise, list[Page]]] = [
    (
        _("Desk"),
        [
            Page(_("My desk"), "space_dashboard", "admin:index", ""),
            Page(_("My notices"), "notifications", "admin:notices_notice_changelist", "notices.view_notice"),
        ],
    ),
    (
        _("Credit records"),
        [
            Page(_("Enter a record"), "add_circle", "admin:records_record_add", "records.add_record"),
            Page(_("Records"), "description", "admin:records_record_changelist", "records.view_record"),
            Page(
                _("Waiting for review"),
                "rule",
                "admin:records_record_changelist",
                "records.review_record",
                "?state__exact=submitted",
            ),
            Page(_("Import a file"), "upload_file", "admin:exchange_batch_import", "exchange.add_batch"),
            Page(_("Imported batches"), "inventory_2", "admin:exchange_batch_changelist", "exchange.view_batch"),
        ],
    ),
    (
        _("Objections and repair"),
        [
            Page(_("What waits for me"), "inbox", "admin:objections_case_changelist", "objections.view_case"),
            Page(_("My cases"), "front_hand", "admin:objections_case_changelist", "objections.view_case", "?desk=mine"),
            Page(
                _("Routed to us"),
                "forward_to_inbox",
                "admin:objections_case_changelist",
                "records.review_record",
                "?state__exact=routed",
            ),
            Page(_("Take a case in"), "add_circle", "admin:objections_case_search", "objections.add_case"),
            Page(_("Board of cases"), "monitoring", "admin:objections_case_board", "objections.add_case"),
        ],
    ),
    (
        _("Subjects"),
        [
            Page(_("Organisations"), "apartment", "admin:subjects_subject_changelist", "subjects.view_subject"),
            Page(_("Find a person"), "person_search", "admin:subjects_person_search", "subjects.view_personaldata"),
            Page(_("Merges"), "merge", "admin:subjects_subjectmerge_changelist", "subjects.view_subjectmerge"),
        ],
    ),
    (
        _("Catalogue"),
        [
            Page(
                _("Information items"),
                "category",
                "admin:catalogue_informationitem_changelist",
                "catalogue.view_informationitem",
            ),
            Page(
                _("Legal documents"),
                "gavel",
                "admin:catalogue_legaldocument_changelist",
                "catalogue.view_legaldocument",
            ),
        ],
    ),
    (
        _("Departments and people"),
        [
            Page(
                _("Departments"),
                "account_tree",
                "admin:departments_department_changelist",
                "departments.view_department",
            ),
            Page(_("Users"), "group", "admin:departments_user_changelist", "departments.view_user"),
            Page(_("Login locks"), "lock_clock", "admin:accounts_loginlock_changelist", "accounts.view_loginlock"),
            Page(_("Log of logins"), "login", "admin:accounts_loginevent_changelist", "accounts.view_loginevent"),
            Page(_("Role groups"), "badge", "admin:departments_rolegroup_changelist", "departments.view_rolegroup"),
            Page(
                _("Roles of persons"),
                "person_check",
                "admin:departments_membership_changelist",
                "departments.view_membership",
            ),
            Page(
                _("Two-person changes"),
                "how_to_reg",
                "admin:departments_twopersonchange_changelist",
                "departments.view_twopersonchange",
            ),
            Page(
                _("Grants to groups"),
                "key",
                "admin:departments_departmentgroupobjectpermission_changelist",
                "departments.view_departmentgroupobjectpermission",
            ),
            Page(
                _("Grants to persons"),
                "passkey",
                "admin:departments_departmentuserobjectpermission_changelist",
                "departments.view_departmentuserobjectpermission",
            ),
        ],
    ),
    (
        _("Parameters"),
        [
            Page(_("Dated rules"), "balance", "admin:core_rule_changelist", "core.view_rule"),
            Page(
                _("Working-day calendar"),
                "calendar_month",
                "admin:core_calendarday_changelist",
                "core.view_calendarday",
            ),
            Page(
                _("Calendar years"), "event_available", "admin:core_calendaryear_changelist", "core.view_calendaryear"
            ),
        ],
    ),
    (
        _("Connections"),
        [
            Page(_("Webhooks"), "webhook", "admin:notices_webhook_changelist", "notices.view_webhook"),
            Page(_("Messages to webhooks"), "outbox", "admin:notices_delivery_changelist", "notices.view_delivery"),
        ],
    ),
    (
        _("Audit"),
        [
            Page(_("Access log"), "visibility", "admin:audit_accessentry_changelist", "audit.view_accessentry"),
            Page(_("Sealed history"), "verified", "admin:audit_seal_changelist", "audit.view_seal"),
            Page(
                _("Checks of the seals"), "fact_check", "admin:audit_verification_changelist", "audit.view_verification"
            ),
        ],
    ),
]


_UNUSED: Final[dict[str, Any]] = {"badge": None, "collapsible": False, "link_callback": None}
"""What templates ask of each group and page: a name that is missing is looked for at length."""


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and pages that the user of this request may open; the one that is open is marked."""
    groups: list[dict[str, Any]] = []
    for title, pages in GROUPS:
        items = [
            {"title": page.title, "icon": page.icon, "link": link + page.query, **_UNUSED}
            for page in pages
            if (not page.permission or request.user.has_perm(page.permission)) and (link := _link(page.url))
        ]
        if items:
            groups.append({"title": title, "items": items, "separator": bool(groups), **_UNUSED})
    links = [item["link"] for group in groups for item in group["items"]]
    here = open_link(request.get_full_path(), links)
    for group in groups:
        for item in group["items"]:
            item["active"] = item["link"] == here
    return groups


def open_link(address: str, links: list[str]) -> str:
    """Of ``links``, the one that ``address`` lies under: the longest of those it begins with; "" when there is none.

    The desk stands above all others and counts for itself alone.
    """
    desk = reverse("admin:index")
    under = [link for link in links if address.startswith(link) and (link != desk or address.split("?")[0] == desk)]
    return max(under, key=len, default="")


def _link(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
