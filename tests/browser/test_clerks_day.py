"""The clerk's day: log in, enter a record, import a file with errors, mend it, submit; the reviewer publishes."""

import csv
import re
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

from apps.core.identifiers import check_uscc
from apps.departments.reference import FILE

LogIn = Callable[..., Page]
Picture = Callable[[Page, str], None]

# Numbers of this run alone: the database keeps what an earlier run left.
RUN = format(int(time.time()), "x")


def _company(page: Page) -> tuple[str, str]:
    """Name and code of a company on the register."""
    page.goto("/admin/subjects/subject/?kind__exact=legal_entity")
    text = page.locator("#result_list").inner_text()
    code = next(word for word in re.findall(r"\b9[0-9A-Z]{17}\b", text) if check_uscc(word).ok)
    name = page.request.get(f"/admin/subjects/subject/lookup/?q={code}").json()["results"][0]["text"]
    return name, code


def test_enter_a_record_and_publish_it(log_in: LogIn, picture: Picture) -> None:
    number = f"郑市监处罚〔2026〕{RUN}号"
    clerk = log_in("market.clerk")
    picture(clerk, "desk")
    _name, code = _company(clerk)
    clerk.goto("/admin/records/record/add/")
    picture(clerk, "choose-item")
    clerk.goto("/admin/records/record/add/?item=penalty-legal")
    clerk.locator("[name=v-subject_uscc]").press_sequentially(code, delay=10)
    clerk.locator(".rec-found [role=option]").first.click()
    expect(clerk.locator("[name=v-subject_name]")).not_to_have_value("")
    clerk.select_option("[name=v-subject_category]", "法人及非法人组织")
    clerk.fill("[name=v-document_number]", number)
    clerk.check("[name=v-penalty_kinds_choice][value=罚款]")
    clerk.fill("[name=v-content]", "罚款二万元")
    clerk.fill("[name=v-decided_on]", date.today().strftime("%Y/%m/%d"))
    clerk.fill("[name=v-facts]", "销售超过保质期的食品")
    picture(clerk, "entry")
    clerk.click("button[name=_submit]")

    # The fine is named and its amount is missing: the error stands beside the field, nothing is lost.
    expect(clerk.locator("[name=v-document_number]")).to_have_value(number)
    expect(clerk.locator(".errorlist, .text-red-600, [aria-invalid=true]").first).to_be_visible()
    expect(clerk.locator("[name=v-fine_amount]")).to_be_focused()
    expect(clerk.locator("[name=v-fine_amount]")).to_be_in_viewport()
    picture(clerk, "entry-error")
    clerk.fill("[name=v-fine_amount]", "2")
    clerk.click("button[name=_submit]")
    expect(clerk.locator("body")).to_contain_text("待审核")

    reviewer = log_in("market.reviewer")
    picture(reviewer, "reviewer-desk")
    reviewer.goto(f"/admin/records/record/?q={number}")
    reviewer.get_by_role("link", name=number).click()
    expect(reviewer.locator("body")).to_contain_text("销售超过保质期的食品")
    picture(reviewer, "review")
    reviewer.get_by_role("button", name="公示").click()
    expect(reviewer.locator("body")).to_contain_text("已公示")
    reviewer.get_by_role("link", name="历史").first.click()
    expect(reviewer.locator("body")).to_contain_text("李建国")
    picture(reviewer, "history")


def _penalties(path: Path, name: str, code: str, *, wrong: bool) -> Path:
    """A department's own spreadsheet: title row, blank column, three rows; ``wrong``: three mistakes in two of them."""
    headers = [
        "行政相对人名称", "行政相对人类别", "行政相对人代码_1 (统一社会信用代码)", "行政处罚决定书文号",
        "违法行为类型", "违法事实", "处罚依据", "处罚类别", "处罚内容", "罚款金额（万元）", "处罚决定日期",
        "处罚机关", "处罚机关统一社会信用代码", "数据来源单位", "数据来源单位统一社会信用代码",
    ]  # fmt: skip
    authority = _authority()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([None, "行政处罚信息报送表"])
    sheet.append([None, *headers])
    for index in range(3):
        row = [
            name, "法人及非法人组织", code, f"郑市监罚决〔2026〕{RUN}-{index}号",
            "价格违法", "未明码标价", "《价格法》第四十二条", "罚款", "罚款五千元", "0.5",
            date.today().strftime("%Y-%m-%d"), *authority, *authority,
        ]  # fmt: skip
        if wrong and index == 1:
            row[10] = "2026-02-30"
            row[9] = "五千"
        if wrong and index == 2:
            row[2] = code[:-1] + ("0" if code[-1] != "0" else "1")
        sheet.append([None, *row])
    book.save(path)
    return path


def _authority() -> tuple[str, str]:
    with FILE.open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["slug"] == "market-supervision")
    return row["name"], row["uscc"]


def test_import_with_errors_mend_and_publish(log_in: LogIn, picture: Picture, tmp_path: Path) -> None:
    clerk = log_in("market.clerk")
    name, code = _company(clerk)
    clerk.goto("/admin/exchange/batch/import/")
    picture(clerk, "import")

    def upload(path: Path) -> None:
        clerk.goto("/admin/exchange/batch/import/")
        clerk.select_option("[name=item]", label="行政处罚（法人和其他组织、个体工商户）")
        clerk.set_input_files("[name=import_file]", path)
        clerk.locator("main button[type=submit], #content button[type=submit]").get_by_text("上传并检查").click()

    upload(_penalties(tmp_path / "处罚.xlsx", name, code, wrong=True))
    for column in ("处罚决定日期", "罚款金额", "统一社会信用代码"):
        expect(clerk.locator(".exc-table").first).to_contain_text(column, timeout=60_000)
    picture(clerk, "import-errors")
    with clerk.expect_download() as download:
        clerk.get_by_role("link", name=re.compile("标")).first.click()
    annotated = tmp_path / "annotated.xlsx"
    download.value.save_as(annotated)
    sheet = openpyxl.load_workbook(annotated).active
    assert sum(1 for row in sheet.iter_rows() for cell in row if cell.comment) == 3

    upload(_penalties(tmp_path / "处罚-改.xlsx", name, code, wrong=False))
    clerk.locator(".exc-preview").wait_for(timeout=60_000)
    picture(clerk, "import-preview")
    clerk.get_by_role("button", name="全部导入").click()
    expect(clerk.locator("body")).to_contain_text(f"{RUN}-2号", timeout=60_000)
    expect(clerk.locator("body")).to_contain_text("待审核")

    reviewer = log_in("market.reviewer")
    reviewer.goto(f"/admin/records/record/?q=郑市监罚决〔2026〕{RUN}")
    reviewer.check("#action-toggle")
    reviewer.select_option("[name=action]", "publish")
    reviewer.click("button[name=index]")
    expect(reviewer.locator("body")).to_contain_text("3")
    reviewer.goto(f"/admin/records/record/?q=郑市监罚决〔2026〕{RUN}&state__exact=published")
    expect(reviewer.locator("#result_list tbody")).to_have_count(3)


def test_another_department_finds_nothing(log_in: LogIn) -> None:
    tax = log_in("tax.clerk")
    tax.goto(f"/admin/records/record/?q=郑市监罚决〔2026〕{RUN}")
    expect(tax.locator("#result_list tbody")).to_have_count(0)
