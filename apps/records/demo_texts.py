"""What demo records say: invented decisions in the words that such decisions use.

Each maker takes (random, department, subject, decision date, running number) and gives the columns of the record, and
under ``data`` the other fields in stored form.
"""

import datetime
import random
from collections.abc import Callable
from typing import Any, Final

from django.utils import timezone

from apps.core.workdays import months_after
from apps.departments.models import Department
from apps.subjects.models import Subject

Maker = Callable[[random.Random, Department, Subject, datetime.date, int], dict[str, Any]]

OPEN_END: Final = datetime.date(2099, 12, 31)
ABBREVIATIONS: Final = {
    "market-supervision": "郑市监",
    "taxation": "郑税",
    "ecology-environment": "郑环",
    "transport": "郑交",
    "health": "郑卫",
    "emergency": "郑应急",
    "housing": "郑房",
    "court": "（%s）豫01执",
}
VIOLATIONS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "market-supervision": (
        ("销售不合格商品", "在经营场所销售经检验不合格的商品", "《中华人民共和国产品质量法》第四十九条"),
        ("虚假宣传", "对商品的性能、销售状况作引人误解的商业宣传", "《中华人民共和国反不正当竞争法》第二十条"),
        ("无证经营食品", "未取得食品经营许可从事食品经营活动", "《中华人民共和国食品安全法》第一百二十二条"),
        ("未明码标价", "销售商品未按规定明码标价", "《中华人民共和国价格法》第四十二条"),
    ),
    "taxation": (
        ("未按期申报", "未按照规定的期限办理纳税申报", "《中华人民共和国税收征收管理法》第六十二条"),
        ("虚开发票", "开具与实际经营业务情况不符的发票", "《中华人民共和国发票管理办法》第三十五条"),
    ),
    "ecology-environment": (
        ("超标排放", "外排废气污染物浓度超过排放标准", "《中华人民共和国大气污染防治法》第九十九条"),
        ("未批先建", "环境影响评价文件未经批准擅自开工建设", "《中华人民共和国环境影响评价法》第三十一条"),
    ),
    "transport": (
        ("超限运输", "车辆装载货物超过核定载质量", "《公路安全保护条例》第六十四条"),
        ("未取得经营许可", "未取得道路货物运输经营许可从事经营", "《中华人民共和国道路运输条例》第六十三条"),
    ),
    "health": (
        ("公共场所卫生不达标", "公用物品检测结果不符合卫生标准", "《公共场所卫生管理条例》第十四条"),
        ("医疗废物处置不当", "未将医疗废物按类别分置于专用包装物", "《医疗废物管理条例》第四十六条"),
    ),
    "emergency": (
        ("未开展安全培训", "未按规定对从业人员进行安全生产教育和培训", "《中华人民共和国安全生产法》第九十七条"),
        ("隐患未整改", "未采取措施消除事故隐患", "《中华人民共和国安全生产法》第一百零二条"),
    ),
}
LICENCES: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "market-supervision": (
        ("食品经营许可决定书", "食品经营许可证", "预包装食品销售，散装食品销售"),
        ("特种设备使用登记决定书", "特种设备使用登记证", "压力容器使用登记"),
        ("药品经营许可决定书", "药品经营许可证", "处方药、非处方药零售"),
    ),
    "taxation": (("税务行政许可决定书", "", "增值税专用发票（增值税税控系统）最高开票限额审批"),),
    "ecology-environment": (
        ("排污许可决定书", "排污许可证", "大气污染物、水污染物排放"),
        ("环境影响报告表批复", "", "建设项目环境影响报告表审批"),
    ),
    "transport": (("道路运输经营许可决定书", "道路运输经营许可证", "普通货运"),),
    "health": (("公共场所卫生许可决定书", "卫生许可证", "住宿场所、沐浴场所"),),
    "housing": (("商品房预售许可决定书", "商品房预售许可证", "商品房预售"),),
}


def _number(department: Department, word: str, day: datetime.date, number: int) -> str:
    return f"{ABBREVIATIONS.get(department.slug, '郑')}{word}〔{day.year}〕{number}号"


def penalty(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """A penalty of an organisation or a person, by ordinary procedure."""
    violation, facts, grounds = chance.choice(VIOLATIONS[department.slug])
    kinds = chance.choice((["罚款"], ["罚款"], ["警告"], ["警告", "罚款"], ["罚款", "没收违法所得"]))
    data: dict[str, Any] = {
        "violation_kind": violation,
        "facts": f"经查，当事人{facts}，违反了相关规定。",
        "grounds": grounds,
        "penalty_kinds": kinds,
    }
    contents = []
    if "警告" in kinds:
        contents.append("给予警告")
    if "罚款" in kinds:
        fine = chance.choice((500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000))
        data["fine_amount"] = str(fine)
        contents.append(f"罚款人民币{fine}元")
    if "没收违法所得" in kinds:
        gains = chance.randrange(200, 30000)
        data["confiscated_amount"] = str(gains)
        contents.append(f"没收违法所得{gains}元")
    data["content"] = "；".join(contents) + "。"
    return {
        "document_number": _number(department, "罚", day, number),
        "valid_to": OPEN_END,
        "disclosed_to": months_after(day, chance.choice((12, 36, 36, 36))),
        "data": data,
    }


def licence(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """A licence, mostly for five years."""
    name, certificate, content = chance.choice(LICENCES[department.slug])
    data = {"licence_kind": chance.choice(("普通", "普通", "核准", "登记")), "content": content, "status": "有效"}
    if certificate:
        data |= {"certificate_name": certificate, "certificate_number": f"豫{chance.randrange(10**7, 10**8)}"}
    return {
        "document_name": name,
        "document_number": _number(department, "许", day, number),
        "valid_from": day,
        "valid_to": chance.choice((months_after(day, 60), months_after(day, 36), OPEN_END)),
        "data": data,
    }


def abnormal(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """An entry on the list of abnormal operation; a third have left it again."""
    data = {"listing_reason": chance.choice(("未按规定公示年度报告", "通过登记的住所或者经营场所无法联系"))}
    removed = day + datetime.timedelta(days=chance.randrange(30, 400))
    if chance.random() < 0.4 and removed <= timezone.localdate():
        data |= {
            "removed_on": removed.isoformat(),
            "removal_reason": "已补报年度报告并公示",
            "removal_authority": department.name,
        }
    return {"document_number": _number(department, "异列", day, number), "data": data}


def honour(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """An honour."""
    name = chance.choice(("守合同重信用企业", "诚信经营示范单位", "放心消费创建先进单位"))
    data = {"honour": name, "level": chance.choice(("市级", "省级")), "merits": "依法诚信经营，社会评价良好"}
    return {"document_number": _number(department, "表", day, number), "data": data}


def arrears(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """A notice of tax arrears."""
    owed = chance.randrange(5_000, 3_000_000)
    taxes = ["增值税"] if chance.random() < 0.5 else ["增值税", "企业所得税", "城市维护建设税"]
    data = {"taxes": taxes, "arrears": str(owed), "new_arrears": str(owed // 3)}
    return {"document_number": _number(department, "欠公", day, number), "data": data}


def grade_a(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """A taxpayer of grade A."""
    return {"document_number": _number(department, "信", day, number), "data": {"year": str(day.year - 1)}}


def debtor(
    chance: random.Random, department: Department, subject: Subject, day: datetime.date, number: int
) -> dict[str, Any]:
    """A judgment debtor in default."""
    due = chance.randrange(20_000, 8_000_000)
    data = {
        "enforcement_basis": f"（{day.year - 1}）豫01民终{chance.randrange(100, 9000)}号",
        "enforcement_basis_unit": department.name,
        "obligation": f"向申请执行人支付货款{due}元及利息",
        "performance": chance.choice(("全部未履行", "部分未履行")),
        "conduct": [chance.choice(("违反财产报告制度", "有履行能力而拒不履行生效法律文书确定义务"))],
        "amount_due": str(due),
        "filed_on": (day - datetime.timedelta(days=60)).isoformat(),
    }
    number_text = f"{ABBREVIATIONS['court'] % day.year}{number}号"
    return {"document_number": number_text, "valid_to": months_after(day, 24), "data": data}


MAKERS: Final[dict[str, Maker]] = {
    "penalty-legal": penalty,
    "penalty-person": penalty,
    "licence-legal": licence,
    "abnormal-operation": abnormal,
    "honours": honour,
    "tax-arrears": arrears,
    "tax-grade-a": grade_a,
    "judgment-debtor": debtor,
}
"""Item -> maker."""
