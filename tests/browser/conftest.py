"""The whole product, as ``make run`` starts it, and a real browser.

``SITE_URL`` names a site in demo mode that runs already; without it one is started on a free port and stopped again.
``SCREENSHOTS`` names a folder in which the pages of the guides are pictured on the way.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from apps.departments.demo import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
# Chromium looks for its maker's hosts at every start; a closed network makes that slow.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the running product."""
    if address := os.environ.get("SITE_URL"):
        yield address.rstrip("/")
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PORT": str(port), "DEMO": "1"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "credit_city.run"], cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        _wait(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the product did not start (status {process.returncode})")
        try:
            with urllib.request.urlopen(f"{address}/admin/login/", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail("the product did not answer in time")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.fail("no Chromium found: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def log_in(site: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """``log_in("market.clerk")`` gives the page after the login, in a browser session of its own.

    A script error or a breach of the content security policy fails the test."""
    contexts = []
    troubles: list[str] = []

    def enter(username: str, language: str = "zh-CN") -> Page:
        context = browser.new_context(
            locale=language, timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}, base_url=site
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda message: troubles.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto("/admin/login/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        expect(page).to_have_url(f"{site}/admin/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture
def pictures() -> Path | None:
    """The folder for screenshots, if one is named."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) if folder else None


@pytest.fixture
def picture(pictures: Path | None) -> Callable[[Page, str], None]:
    """``picture(page, "desk")`` keeps a screenshot for the guides when ``SCREENSHOTS`` names a folder."""

    def take(page: Page, name: str) -> None:
        if pictures:
            page.screenshot(path=pictures / f"{name}.png", full_page=True)

    return take
