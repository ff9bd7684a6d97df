"""A business register goes in as it is sent: whole, quickly, twice without effect."""

import datetime
import io
import json
from decimal import Decimal

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command

from apps.core.sheets import SheetError
from apps.subjects import actions, reference
from apps.subjects.loading import load_register
from apps.subjects.models import Identifier, Industry, Region, Subject
from apps.subjects.resources import read_register, recognise
from tests.subjects.factories import organisation_code, registration_number, subject, uscc, user

pytestmark = pytest.mark.django_db

HEADER = "企业名称,统一社会信用代码,注册日期,企业类型,注册资金,所在省份,地区,注册地址"
ROWS = [
    f'郑州甲建设有限公司,{uscc(1)},1979-10-25,N/A,"26,853.6261(万元)",河南,郑州,郑州市上街区汝南路',
    f"郑州乙㐂商贸有限公司,{uscc(2)},1980/1/7,有限责任公司,86600万人民币,河南,郑州,郑州航海东路1689号",
    f"新密市丙门市部,{uscc(3, start='92', division='410183')},1981年4月13日,个体工商户,N/A,河南,郑州,新密市袁庄街",
    f"郑州丁有限公司,{uscc(4, division='419999')},,N/A,1000万美元,河南,郑州,郑州市金水区红旗路30号",
]


@pytest.fixture(autouse=True)
def regions():
    for code, name, level, parent in (
        ("41", "河南省", "province", None),
        ("4101", "郑州市", "city", "41"),
        ("410105", "金水区", "county", "4101"),
        ("410106", "上街区", "county", "4101"),
        ("410183", "新密市", "county", "4101"),
    ):
        Region.objects.create(code=code, name=name, level=level, parent_id=parent)


def file(*rows, header=HEADER, encoding="utf-8"):
    return "\n".join([header, *rows]).encode(encoding)


def load(*rows, **options):
    return load_register(read_register(file(*rows, **options)), source="register.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_row_goes_in_with_what_is_sure(encoding):
    loaded = load(*ROWS, encoding=encoding)
    assert (loaded.created, loaded.accepted, loaded.rejected) == (4, 4, 0)
    codes = uscc(1), uscc(2), uscc(3, start="92", division="410183"), uscc(4, division="419999")
    first, second, third, fourth = (Subject.objects.get(uscc=code) for code in codes)
    assert (first.name, first.kind, first.uscc) == ("郑州甲建设有限公司", "legal_entity", uscc(1))
    assert (first.registered_on, first.organisation_type) == (datetime.date(1979, 10, 25), "")
    assert (first.capital, first.capital_text) == (Decimal("268536261.00"), "26,853.6261(万元)")
    assert (first.region_id, first.address, first.status) == ("410105", "郑州市上街区汝南路", "active")
    assert (second.name, second.capital) == ("郑州乙㐂商贸有限公司", Decimal("866000000.00"))
    assert (third.kind, third.region_id, third.capital, third.capital_text) == (
        "individual_business", "410183", None, "N/A",
    )  # fmt: skip
    # The division of the code was abolished: the address tells. Foreign money stays a text.
    assert (fourth.region_id, fourth.registered_on) == ("410105", None)
    assert (fourth.capital, fourth.capital_text) == (None, "1000万美元")
    assert set(Identifier.objects.values_list("scheme", "value", "source")) == {
        ("organisation_code", organisation_code(number), "register.csv") for number in (1, 2, 3, 4)
    }
    assert Subject.history.count() == 4


def test_the_same_file_again_touches_nothing():
    load(*ROWS)
    before = Subject.history.count(), Identifier.history.count()
    again = load(*ROWS, encoding="gb18030")
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
    assert (Subject.history.count(), Identifier.history.count()) == before


def test_news_is_taken_blank_cells_leave_what_is_there_and_a_new_name_keeps_the_old():
    load(*ROWS)
    changed = load(
        f"郑州甲集团有限公司,{uscc(1)},,股份有限公司,N/A,,,",
        f"郑州乙㐂商贸 有限公司,{uscc(2)},1980-01-07,有限责任公司,90000万人民币,河南,郑州,郑州航海东路1689号",
    )
    assert (changed.created, changed.updated, changed.renamed, changed.unchanged) == (0, 2, 1, 0)
    first, second = Subject.objects.order_by("pk")[:2]
    assert (first.name, first.organisation_type) == ("郑州甲集团有限公司", "股份有限公司")
    assert (first.registered_on, first.address) == (datetime.date(1979, 10, 25), "郑州市上街区汝南路")
    former = first.names.get()
    assert (former.name, former.since) == ("郑州甲建设有限公司", datetime.date(1979, 10, 25))
    assert list(Subject.objects.search("甲建设")) == [first]
    assert second.capital == Decimal("900000000.00")
    assert not second.names.exists()


def test_an_edited_region_is_left_alone():
    load(*ROWS)
    Subject.objects.filter(uscc=uscc(1)).update(region="410106")
    assert load(*ROWS).updated == 0
    assert Subject.objects.get(uscc=uscc(1)).region_id == "410106"


def test_all_errors_of_all_rows_at_once_with_their_place():
    damaged = uscc(6)[:12] + ("8" if uscc(6)[12] != "8" else "3") + uscc(6)[13:]
    loaded = load(
        f",{uscc(5)},2024-02-30,,,,,",
        f"郑州戊有限公司,{damaged},,,,,,",
        f"郑州己有限公司,{uscc(7)},,,,,,",
        f"郑州己有限公司,{uscc(7)},,,,,,",
        f"郑州庚有限公司,{uscc(7)},,,,,,",
        f"{'长' * 201},,,,,,,",
        "郑州辛有限公司,9.14101E+17,昨天,,,,,",
    )
    places = {(error.row, error.column, error.code) for error in loaded.errors}
    assert places == {
        (2, "企业名称", "empty"),
        (2, "注册日期", "date"),
        (3, "统一社会信用代码", "checksum"),
        (6, "统一社会信用代码", "repeated"),
        (7, "企业名称", "too_long"),
        (7, "统一社会信用代码", "empty"),
        (8, "统一社会信用代码", "scientific"),
        (8, "注册日期", "date"),
    }
    assert (loaded.rows, loaded.created, loaded.duplicates, loaded.rejected) == (7, 1, 1, 5)
    # The mend: the code that the damaged one may have been is named.
    assert uscc(6) in next(error.message for error in loaded.errors if error.row == 3)


def test_a_code_accepted_with_a_reason_may_come_again():
    actions.register_subject(
        user=None, kind="legal_entity", name="厦门某公司", uscc="91350211M0000XUF46", override_reason="执照如此"
    )
    loaded = load("厦门某公司,91350211M0000XUF46,2016-01-01,,,,,")
    assert (loaded.updated, loaded.rejected) == (1, 0)
    assert not Identifier.objects.exists()


def test_a_merged_subject_and_a_former_code_make_no_new_subject():
    officer = user("officer", "subjects.merge_subject")
    one, other, third = subject(1), subject(2), subject(3)
    actions.merge_subjects(user=officer, duplicate=one, remaining=other, reason="x")
    actions.set_code(user=officer, subject=third, uscc=uscc(30))
    loaded = load(f"郑州别名有限公司,{uscc(1)},,,,,,", f"郑州又名有限公司,{uscc(3)},,,,,,")
    assert (loaded.created, loaded.updated, loaded.unchanged) == (0, 0, 2)
    assert Subject.objects.organisations().count() == 2


def test_a_workbook_with_a_title_and_typed_cells():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.merge_range(0, 1, 0, 6, "郑州市企业登记信息")
    sheet.write_row(2, 1, ["注册号", "住所", "名称", "成立日期", "统一社会信用代码 ", "注册资本(万元)", "登记状态"])
    sheet.write_row(3, 1, [int(registration_number(1)), "花园路1号", "郑州甲有限公司"])
    sheet.write_datetime(3, 4, datetime.datetime(2012, 5, 6), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_row(3, 5, [uscc(1), 500, "吊销，未注销"])
    sheet.write_row(4, 1, [uscc(2), "", "郑州乙有限公司", 39448, uscc(2), 0.5, "存续（在营、开业、在册）"])
    book.close()
    loaded = load_register(read_register(buffer.getvalue()))
    assert (loaded.created, loaded.errors) == (2, [])
    one, other = Subject.objects.order_by("pk")
    assert (one.registered_on, one.capital, one.status) == (datetime.date(2012, 5, 6), Decimal(5_000_000), "revoked")
    assert (other.registered_on, other.capital, other.status) == (datetime.date(2008, 1, 1), Decimal(5000), "active")
    assert Subject.objects.by_code(registration_number(1)).get() == one


@pytest.mark.parametrize(
    ("header", "column", "unit"),
    [
        ("统一社会信用代码", "uscc", ""),
        (" 统一社会 信用代码\n", "uscc", ""),
        ("注册资本（万元）", "capital_text", "万元"),
        ("注册资本(金)", "capital_text", ""),
        ("法定代表人(负责人)", "legal_representative", ""),
        ("备注", "", ""),
        ("", "", ""),
    ],
)
def test_headers_are_known_in_any_spelling(header, column, unit):
    assert recognise(header) == (column, unit)


def test_a_file_without_the_columns_is_refused():
    with pytest.raises(SheetError) as caught:
        read_register("姓名,年龄\n张三,3\n".encode())
    assert "统一社会信用代码" in str(caught.value)


def test_the_command_answers_with_one_json_object(tmp_path, capsys):
    path = tmp_path / "登记.csv"
    path.write_bytes(file(*ROWS, "坏行,123,,,,,,"))
    call_command("import_subjects", str(path), "--dry-run", "--json")
    trial = json.loads(capsys.readouterr().out)
    assert (trial["rows"], trial["created"], trial["rejected"], trial["dry_run"]) == (5, 4, 1, True)
    assert trial["errors"][0]["row"] == 6
    assert trial["errors"][0]["value"] == "123"
    assert not Subject.objects.exists()
    call_command("import_subjects", str(path), "--json")
    assert json.loads(capsys.readouterr().out)["created"] == 4
    assert Subject.history.first().history_channel == "command"
    for wrong in (tmp_path / "keine.csv", tmp_path):
        with pytest.raises(CommandError):
            call_command("import_subjects", str(wrong))


def test_reference_data_loads_once():
    # Five are there already, as the file has them.
    assert reference.load_regions() == "3554 loaded, 5 kept"
    assert reference.load_regions() == "0 loaded, 3559 kept"
    assert Region.objects.get(code="410105").parent.name == "郑州市"
    reference.load_industries()
    assert Industry.objects.filter(level="section").count() == 20
    assert Industry.objects.filter(level="division").count() == 97
    assert reference.load_industries().startswith("0 loaded")
