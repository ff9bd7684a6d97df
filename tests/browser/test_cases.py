"""An objection and an application for repair under each regime, from the counter to the letter."""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import FilePayload, Page, expect

from apps.core.identifiers import check_uscc

LogIn = Callable[..., Page]
Picture = Callable[[Page, str], None]

RUN = format(int(time.time()), "x")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
APPLICANT = {"name": "欧阳申请", "number": "11010519491231002X", "phone": "13800001234"}


def paper(name: str) -> FilePayload:
    return {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": PDF}


def act(page: Page, name: str, **inputs: str) -> None:
    """Press the button of an action and answer what it asks."""
    page.locator(f"a[href*='/do/{name}/'], form[action*='/do/{name}/'] button").click()
    if inputs:
        for field, value in inputs.items():
            control = page.locator(f"[name=do-{field}], [name={field}]").first
            if control.evaluate("each => each.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        page.locator("form.cc-panel button[type=submit]").click()
    expect(page.locator(".rec-title")).to_be_visible()


def publish(log_in: LogIn, number: str, decided_on: str) -> None:
    """A penalty on a company, entered by the clerk, published by the reviewer."""
    clerk = log_in("market.clerk")
    clerk.goto("/admin/subjects/subject/?kind__exact=legal_entity")
    text = clerk.locator("#result_list").inner_text()
    code = next(word for word in re.findall(r"\b9[0-9A-Z]{17}\b", text) if check_uscc(word).ok)
    clerk.goto("/admin/records/record/add/?item=penalty-legal")
    clerk.locator("[name=v-subject_uscc]").press_sequentially(code, delay=10)
    clerk.locator(".rec-found [role=option]").first.click()
    expect(clerk.locator("[name=v-subject_name]")).not_to_have_value("")
    clerk.select_option("[name=v-subject_category]", "法人及非法人组织")
    clerk.fill("[name=v-document_number]", number)
    clerk.check("[name=v-penalty_kinds_choice][value=罚款]")
    clerk.fill("[name=v-content]", "罚款二万元")
    clerk.fill("[name=v-fine_amount]", "2")
    clerk.fill("[name=v-decided_on]", decided_on)
    clerk.fill("[name=v-facts]", "销售超过保质期的食品")
    clerk.click("button[name=_submit]")
    expect(clerk.locator("body")).to_contain_text("待审核")
    reviewer = log_in("market.reviewer")
    reviewer.goto(f"/admin/records/record/?q={number}")
    reviewer.get_by_role("link", name=number).click()
    reviewer.get_by_role("button", name="公示").click()
    expect(reviewer.locator("body")).to_contain_text("已公示")


def take_in(officer: Page, number: str, kind: str, **values: str) -> str:
    """File a case about the record at the counter; returns the address of the case."""
    officer.goto(f"/admin/objections/case/find/?q={number}")
    officer.locator(f"a[href*='kind={kind}']").first.click()
    officer.select_option("[name=relation]", "representative")
    officer.select_option("[name=document_kind]", "身份证")
    officer.select_option("[name=identity]", "original")
    for name, value in {**APPLICANT, **values}.items():
        officer.fill(f"[name={name}]", value)
    needed = ("papers-proof",) if kind == "objection" else ("papers-correction", "papers-commitment")
    for name in needed:
        officer.set_input_files(f"[name={name}]", [paper(name)])
    officer.locator("form.rec-form button[type=submit]").click()
    expect(officer.locator(".rec-title")).to_contain_text("〔")
    return officer.url


def letter(page: Page, name: str, folder: Path | None) -> None:
    """The last letter of the case, downloaded: a PDF of at least one page that can be pictured."""
    links = page.locator("a[href*='/letters/']")
    body = page.request.get(links.last.get_attribute("href") or "").body()
    pages = pypdfium2.PdfDocument(io.BytesIO(body))
    image = pages[0].render(scale=1.5).to_pil()
    assert image.getextrema()[0] != (255, 255), "an empty page"
    if folder:
        image.save(folder / f"letter-{name}.png")


def test_an_objection_goes_to_the_department_is_paused_and_corrected(
    log_in: LogIn, picture: Picture, pictures: Path | None
) -> None:
    number = f"郑市监处罚〔2026〕异{RUN}号"
    publish(log_in, number, "2026/03/05")
    officer = log_in("centre.officer")
    case = take_in(officer, number, "objection", statement="罚款金额应为一万元", wanted="更正罚款金额")
    picture(officer, "case-received")

    # The record bears its mark at once, wherever it is shown.
    officer.goto(f"/admin/records/record/?q={number}")
    expect(officer.locator("#result_list")).to_contain_text("异议处理中")
    officer.goto(case)
    act(officer, "letter-objection-receipt")
    letter(officer, "objection-receipt", pictures)
    act(officer, "accept")
    act(officer, "pause", ground="expert", grounds="等待司法鉴定意见")
    expect(officer.locator("body")).to_contain_text("中止")
    picture(officer, "case-paused")
    act(officer, "resume", reason="鉴定意见已收到")
    act(officer, "route", question="请核对罚款金额与决定书是否一致")

    reviewer = log_in("market.reviewer")
    reviewer.goto(case)
    picture(reviewer, "case-department")
    reviewer.get_by_role("link", name="拟定更正内容").click()
    reviewer.fill("[name=v-fine_amount]", "1")
    picture(reviewer, "case-correction")
    reviewer.locator("form.rec-form button[type=submit]").click()
    act(reviewer, "wrong", grounds="决定书载明罚款一万元，录入有误")

    officer.goto(case)
    act(officer, "corrected", grounds="经来源单位核查，金额录入有误")
    expect(officer.locator("body")).to_contain_text("已办结")
    act(officer, "letter-objection-outcome")
    letter(officer, "objection-outcome", pictures)
    picture(officer, "case-closed")
    officer.goto(f"/admin/records/record/?q={number}")
    expect(officer.locator("#result_list")).not_to_contain_text("异议处理中")
    officer.get_by_role("link", name=number).click()
    expect(officer.locator("body")).not_to_contain_text("2 万元")


def _the_box_is_heeded_at_once(page: Page) -> None:
    """The box of the protected fields computes again by itself, and keeps what is typed."""
    page.fill("[name=statement]", "已改正")
    page.check("[name=protected_field]")
    expect(page.locator(".obj-advice")).to_contain_text("2025-02-01")
    expect(page.locator("[name=statement]")).to_have_value("已改正")
    assert "protected_field=on" in page.url
    page.uncheck("[name=protected_field]")
    expect(page.locator(".obj-advice")).not_to_contain_text("2025-02-01")


@pytest.mark.parametrize(
    ("decided_on", "grantable_from"),
    [("2022/05/10", "2022-08-11"), ("2024/01/31", "2024-05-01"), ("2026/05/20", "2026-08-21")],
)
def test_a_repair_under_each_regime_takes_the_record_out_of_use(
    log_in: LogIn, picture: Picture, pictures: Path | None, decided_on: str, grantable_from: str
) -> None:
    year = decided_on[:4]
    number = f"郑市监处罚〔{year}〕修{RUN}号"
    publish(log_in, number, decided_on)
    officer = log_in("centre.officer")
    officer.goto(f"/admin/objections/case/find/?q={number}")
    officer.locator("a[href*='kind=repair']").first.click()
    # Before anything is filed the page says from which day, and why.
    expect(officer.locator(".obj-advice")).to_contain_text(grantable_from)
    picture(officer, f"repair-advice-{year}")
    if year == "2024":
        _the_box_is_heeded_at_once(officer)
    case = take_in(
        officer,
        number,
        "repair",
        statement="已缴清罚款并完成整改",
        corrected_on="2026/11/02",
        committed_on="2026/11/03",
    )
    act(officer, "letter-commitment-letter")
    letter(officer, f"commitment-{year}", pictures)
    act(officer, "accept")
    act(officer, "route", question="申请材料齐全，最短公示期已满，请审查")
    reviewer = log_in("market.reviewer")
    reviewer.goto(case)
    act(reviewer, "consent", grounds="已履行处罚决定，同意修复")
    officer.goto(case)
    act(officer, "granted", grounds="符合信用修复条件")
    expect(officer.locator("body")).to_contain_text("准予修复")
    act(officer, "letter-repair-outcome")
    letter(officer, f"repair-granted-{year}", pictures)
    officer.goto(f"/admin/records/record/?q={number}")
    expect(officer.locator("#result_list")).to_contain_text("已修复")
