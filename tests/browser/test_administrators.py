"""Administrators in a real browser: an account, a role by two persons, who looked at whom, what was sealed."""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

LogIn = Callable[..., Page]
Picture = Callable[[Page, str], None]

RUN = format(int(time.time()), "x")


def _choose(page: Page, field: str, text: str) -> None:
    """Choose in a list that proposes while somebody types."""
    page.locator(f"#id_{field} + .select2 .select2-selection").click()
    page.locator(".select2-search__field").fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def test_an_account_gets_its_role_from_two_persons(log_in: LogIn, picture: Picture) -> None:
    name = f"new.clerk.{RUN}"
    system = log_in("admin.system")
    system.goto("/admin/departments/user/add/")
    system.fill("[name=username]", name)
    system.fill("[name=name]", "林小满")
    system.fill("[name=email]", f"{name}@example.org")
    _choose(system, "department", "郑州市市场监督管理局")
    system.click("button[name=_save]")
    expect(system.locator("body")).to_contain_text("一次性密码")
    picture(system, "one-time-password")

    first = log_in("admin.security")
    first.goto("/admin/departments/membership/add/")
    _choose(first, "user", name)
    first.select_option("[name=department]", label="郑州市市场监督管理局")
    first.select_option("[name=role]", "clerk")
    first.fill("[name=reason]", "新到任经办员")
    picture(first, "role-proposed")
    first.click("button[name=_save]")
    expect(first.locator("body")).to_contain_text("待第二人确认")
    expect(first.get_by_role("link", name="收回")).to_be_visible()
    expect(first.get_by_role("button", name="确认")).to_have_count(0)

    second = log_in("admin.security2")
    expect(second.locator("body")).to_contain_text("待我确认")
    second.goto("/admin/departments/twopersonchange/")
    second.get_by_role("link", name=re.compile(name)).click()
    picture(second, "two-persons")
    second.get_by_role("button", name="确认").click()
    expect(second.locator("body")).to_contain_text("已确认")

    system.goto(f"/admin/departments/user/?q={name}")
    system.get_by_role("link", name=name).click()
    expect(system.locator("body")).to_contain_text("经办员")
    system.set_viewport_size({"width": 1440, "height": 1280})
    picture(system, "user")


def test_the_audit_administrator_reads_who_looked_and_what_was_sealed(log_in: LogIn, picture: Picture) -> None:
    clerk = log_in("market.clerk")
    clerk.goto("/admin/records/record/?q=罚")
    officer = log_in("centre.officer")
    officer.goto("/admin/objections/case/?desk=all")
    officer.locator("#result_list .rec-number").first.click()
    expect(officer.locator(".rec-title")).to_be_visible()

    auditor = log_in("admin.audit")
    auditor.goto("/admin/audit/accessentry/")
    expect(auditor.locator("#result_list")).to_contain_text("centre.officer")
    picture(auditor, "access-log")
    auditor.goto("/admin/audit/accessentry/person/")
    picture(auditor, "access-log-person")
    auditor.goto("/admin/accounts/loginevent/")
    expect(auditor.locator("#result_list")).to_contain_text("admin.audit")
    picture(auditor, "login-log")
    auditor.goto("/admin/audit/seal/")
    expect(auditor.locator("body")).not_to_contain_text("不一致")
    picture(auditor, "seals")
    auditor.goto("/admin/audit/verification/")
    picture(auditor, "seal-checks")
    auditor.goto("/admin/objections/case/")
    expect(auditor.locator("#result_list")).to_have_count(0)
