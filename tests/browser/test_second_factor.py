"""The second factor in a real browser: an app and a passkey are set up, used, and removed again."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Page, expect

from apps.departments.demo import PASSWORD

USER = "office.lead"
SECOND = re.compile("/second-factor/$")
Picture = Callable[[Page, str], None]


@pytest.fixture
def page(site: str, browser: Browser) -> Iterator[Page]:
    """A browser with a built-in authenticator, on the site's name: passkeys belong to names, not to addresses."""
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        viewport={"width": 1440, "height": 900},
        base_url=site.replace("127.0.0.1", "localhost"),
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: troubles.append(message.text) if "Content Security Policy" in message.text else None,
    )
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options: Any = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    _enter_password(page)
    yield page
    _remove_all(page)
    context.close()
    assert not troubles


def _enter_password(page: Page) -> None:
    page.goto("/admin/login/")
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"/admin/(login/second-factor/)?$"))


def _log_out(page: Page) -> None:
    page.goto("/admin/")
    page.locator("#logout-form").evaluate("form => form.submit()")
    page.wait_for_url("**/admin/logout/")


def _remove_all(page: Page) -> None:
    """The account belongs to all tests of the demo."""
    page.goto("/admin/account/")
    while (buttons := page.get_by_role("button", name="删除")).count():
        buttons.first.click()
        page.wait_for_load_state()
    expect(page.locator("body")).to_contain_text("尚未设置")


def test_app_and_passkey(page: Page, picture: Picture) -> None:
    page.goto("/admin/account/authenticator-app/")
    secret = base64.b32decode(page.locator(".acc-secret").inner_text().replace(" ", ""))
    app = TOTP(secret, 6, SHA1(), 30)
    page.fill("[name=name]", "我的手机")
    picture(page, "second-factor-app")
    page.fill("[name=code]", app.generate(int(time.time())).decode())
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".acc-codes code")).to_have_count(10)
    recovery = page.locator(".acc-codes code").first.inner_text()

    page.goto("/admin/account/passkey/")
    page.fill("[name=name]", "笔记本电脑")
    page.get_by_role("button", name="生成通行密钥").click()
    page.wait_for_url("**/admin/account/")
    expect(page.locator("body")).to_contain_text("笔记本电脑")
    picture(page, "account")

    _log_out(page)
    _enter_password(page)
    expect(page).to_have_url(SECOND)
    picture(page, "second-factor")
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/admin/")
    expect(page.locator("body")).to_contain_text("上次登录")

    # Enter takes the code, although the button of the passkey stands before it.
    _log_out(page)
    _enter_password(page)
    expect(page).to_have_url(SECOND)
    page.fill("[name=code]", app.generate(int(time.time()) + 30).decode())
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/admin/")

    _log_out(page)
    _enter_password(page)
    expect(page).to_have_url(SECOND)
    page.fill("[name=code]", recovery)
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/admin/")
    expect(page.locator("body")).to_contain_text("已使用恢复码")
    page.get_by_role("button", name="是本人操作").click()
    expect(page.locator("body")).not_to_contain_text("已使用恢复码")


def test_a_passkey_made_for_this_site_answers_no_other_question(page: Page) -> None:
    page.goto("/admin/account/passkey/")
    page.fill("[name=name]", "笔记本电脑")
    page.get_by_role("button", name="生成通行密钥").click()
    # The authenticator answers first, then the page goes on by itself, to the recovery codes.
    expect(page.locator(".acc-codes")).to_be_visible()
    page.goto("/admin/account/")
    _log_out(page)
    _enter_password(page)
    expect(page).to_have_url(SECOND)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/admin/")
    (answer,) = sent
    _log_out(page)
    _enter_password(page)
    expect(page).to_have_url(SECOND)
    # The same answer again, to a new question.
    page.evaluate(
        """posted => {
            const form = document.querySelector('form[data-passkey]');
            form.elements.passkey.value = new URLSearchParams(posted).get('passkey');
            form.submit();
        }""",
        answer,
    )
    expect(page.locator("body")).to_contain_text("验证未通过")
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url("**/admin/")
