"""Demo subjects: about 3,000 invented organisations of Zhengzhou and 200 invented persons, the same at every load.

The codes are well formed and belong to nobody the author knows of: the organisation codes run through a block of their
own, the identity numbers have birth days before 1911.
"""

from __future__ import annotations

import datetime
import itertools
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from apps.core.identifiers.older import organisation_check_character
from apps.core.identifiers.persons import RESIDENT_WEIGHTS
from apps.core.identifiers.uscc import check_character
from apps.core.terms import SubjectKind
from apps.core.text import match_form

from .models import Identifier, Industry, Region, Subject, SubjectName
from .people import Document, register_persons
from .rules import kind_of, region_codes

SEED: Final = 4101
COMPANIES, BUSINESSES, PERSONS = 2150, 650, 200
OTHERS: Final = {
    "11": 20, "12": 45, "13": 6, "31": 12, "33": 6, "51": 25, "52": 20, "53": 4, "54": 12, "55": 12, "71": 3, "81": 8,
    "93": 40, "N2": 8, "N3": 4,
}  # fmt: skip
"""Authority and kind (positions 1 and 2 of the code) -> how many."""
DISTRICTS: Final = {
    "410102": "中原区", "410103": "二七区", "410104": "管城回族区", "410105": "金水区",
    "410106": "上街区", "410108": "惠济区", "410122": "中牟县", "410181": "巩义市",
    "410182": "荥阳市", "410183": "新密市", "410184": "新郑市", "410185": "登封市",
}  # fmt: skip
FIRST = "嘉瑞恒泰鑫盛华信德明远博宏达兴隆中豫嵩金水惠新天地和润丰源聚星云启航创智诚正大同昌顺永安福康宁佳美百千万汇"
SECOND = "达源泰和顺通祥宁辰阳宇轩霖康莱诺维瀚川峰岳洲朗晟熙悦禾木林森海洋江河玉珠宝铭钧钰铂锐捷迅飞鸿鹏翔凯旋胜"
TRADES: Final = {
    "商贸": "5199", "建筑工程": "4710", "食品": "1499", "机械设备": "3599",
    "电子科技": "6599", "餐饮管理": "6210", "物流": "5439", "房地产开发": "7010",
    "文化传播": "9051", "医疗器械": "5154", "农业科技": "0190", "装饰工程": "5011",
    "汽车服务": "8111", "环保科技": "7722", "教育咨询": "8399", "物业服务": "7020",
}  # fmt: skip
SHOPS = (
    "烩面馆",
    "便利店",
    "五金店",
    "理发店",
    "服装店",
    "水果超市",
    "药店",
    "早餐店",
    "汽修部",
    "文具店",
    "花店",
    "副食部",
)
STREETS = (
    "花园路",
    "文化路",
    "中原路",
    "农业路",
    "航海路",
    "嵩山路",
    "长江路",
    "黄河路",
    "金水路",
    "建设路",
    "东风路",
    "紫荆山路",
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "建国志明晓燕雨晴文静思远海涛丽华俊杰婷婷浩然欣怡子轩梓涵晨曦永强秀兰桂英春梅玉珍凤霞红梅国强卫东小军"
TYPES = ("有限责任公司(自然人独资)", "有限责任公司(自然人投资或控股)", "股份有限公司(非上市)", "有限责任公司分公司")
OTHER_NAMES: Final = {
    "11": "郑州市{district}{word}管理局", "12": "郑州市{district}{word}服务中心",
    "13": "{district}{word}联合会", "31": "河南{word}律师事务所",
    "33": "{district}{word}法律服务所", "51": "郑州市{word}行业协会",
    "52": "郑州市{district}{word}养老服务中心", "53": "郑州市{word}慈善基金会",
    "54": "{district}{word}村村民委员会", "55": "{district}{word}社区居民委员会",
    "71": "{district}{word}寺", "81": "郑州{word}有限公司工会委员会",
    "93": "{district}{word}种植农民专业合作社", "N2": "{district}{word}村股份经济合作社",
    "N3": "{district}{word}镇股份经济联合社",
}  # fmt: skip


def load() -> str:
    """Add what is missing; a line that says how much there is."""
    maker = _Maker()
    subjects = maker.organisations()
    known = set(Subject.objects.filter(uscc__in=[one.uscc for one in subjects]).values_list("uscc", flat=True))
    fresh = [one for one in subjects if one.uscc not in known]
    made = Subject.objects.bulk_create(fresh, batch_size=1000)
    Identifier.objects.bulk_create(itertools.chain.from_iterable(map(maker.identifiers, made)), ignore_conflicts=True)
    SubjectName.objects.bulk_create(itertools.chain.from_iterable(map(maker.former_names, made)))
    persons = register_persons(maker.persons())
    created = sum(person.created for person in persons)
    return f"{len(made)} organisations added, {len(subjects) - len(made)} kept; {created} persons added"


class _Maker:
    """Draws everything from one seed, so that each load makes the same."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)
        self.numbers = itertools.count(1)
        self.names: set[str] = set()
        self.regions = set(Region.objects.values_list("code", flat=True))
        self.industries = set(Industry.objects.values_list("code", flat=True))

    def organisations(self) -> list[Subject]:
        made = [self._company() for _ in range(COMPANIES)]
        made += [self._business() for _ in range(BUSINESSES)]
        made += [self._other(start) for start, count in OTHERS.items() for _ in range(count)]
        return made

    def persons(self) -> list[Document]:
        return [Document("身份证", self._identity_number(number), self._person_name()) for number in range(PERSONS)]

    def identifiers(self, subject: Subject) -> list[Identifier]:
        """The organisation code, and for those registered before the merger of certificates (October 2015) the old
        ones. Drawn from the code, not from the stream: a subject kept from an earlier load needs none."""
        code = str(subject.uscc)
        old = {Identifier.Scheme.ORGANISATION: code[8:17]}
        if subject.registered_on and subject.registered_on < datetime.date(2015, 10, 1):
            if code[0] == "9":
                old[Identifier.Scheme.REGISTRATION] = _registration_number(code)
                old[Identifier.Scheme.TAX] = code[2:17]
            elif code[:2] == "12":
                old[Identifier.Scheme.INSTITUTION] = f"1{code[2:8]}{code[9:15]}"
            elif code[0] == "5":
                old[Identifier.Scheme.ASSOCIATION] = f"豫郑民证字第{code[10:16]}号"
        return [
            Identifier(subject=subject, scheme=scheme, value=value, source="演示数据") for scheme, value in old.items()
        ]

    def former_names(self, subject: Subject) -> list[SubjectName]:
        """One company in twelve had another name before."""
        draw = random.Random(str(subject.uscc))
        if subject.kind != SubjectKind.LEGAL_ENTITY or "有限公司" not in subject.name or draw.randrange(12):
            return []
        name = f"郑州{draw.choice(FIRST)}{draw.choice(SECOND)}{draw.choice(list(TRADES))}有限公司"
        since = subject.registered_on
        until = since + datetime.timedelta(days=draw.randint(300, 2500)) if since else None
        return [SubjectName(subject=subject, name=name, match_name=match_form(name), since=since, until=until)]

    def _company(self) -> Subject:
        trade = self.random.choice(list(TRADES))
        pattern = self.random.choice(
            ("郑州{}{}有限公司", "河南{}{}有限公司", "郑州市{}{}有限责任公司", "河南{}{}股份有限公司")
        )
        name = self._unused(lambda: pattern.format(self._word(), trade))
        wan = self.random.choice((10, 30, 50, 100, 200, 300, 500, 500, 1000, 1000, 2000, 5000, 10000))
        return self._subject(
            "91",
            name,
            self._division(),
            organisation_type=self.random.choice(TYPES),
            capital=Decimal(wan * 10_000),
            capital_text=f"{wan}万元人民币",
            industry=TRADES[trade],
        )

    def _business(self) -> Subject:
        division = self._division()
        draw = lambda: f"郑州市{DISTRICTS[division]}{self._word()}{self.random.choice(SHOPS)}"  # noqa: E731
        return self._subject("92", self._unused(draw), division, organisation_type="个体工商户")

    def _other(self, start: str) -> Subject:
        division = self._division()
        draw = lambda: OTHER_NAMES[start].format(district=DISTRICTS[division], word=self._word())  # noqa: E731
        return self._subject(start, self._unused(draw), division)

    def _subject(self, start: str, name: str, division: str, *, industry: str = "", **fields: object) -> Subject:
        body = start + division + _organisation_code(next(self.numbers))
        uscc = body + check_character(body)
        region = next((code for code in region_codes(uscc) if code in self.regions), None)
        number = self.random.randint(1, 320)
        status = self.random.choices(Subject.Status.values[:3], (90, 7, 3))[0] if start[0] == "9" else "active"
        days = self.random.randint(0, 9000)
        return Subject(
            kind=kind_of(uscc),
            name=name,
            match_name=match_form(name),
            uscc=uscc,
            status=status,
            registered_on=datetime.date(2001, 1, 2) + datetime.timedelta(days=days),
            legal_representative=self._person_name(),
            address=f"河南省郑州市{DISTRICTS[division]}{self.random.choice(STREETS)}{number}号",
            region_id=region,
            industry_id=industry if industry in self.industries else None,
            **fields,
        )

    def _unused(self, draw: Callable[[], str]) -> str:
        while (name := draw()) in self.names:
            pass
        self.names.add(name)
        return name

    def _division(self) -> str:
        return self.random.choice(list(DISTRICTS))

    def _word(self) -> str:
        return self.random.choice(FIRST) + self.random.choice(SECOND)

    def _person_name(self) -> str:
        place = self.random.randrange(0, len(GIVEN) - 1, 2)
        return self.random.choice(SURNAMES) + GIVEN[place : place + self.random.choice((1, 2))]

    def _identity_number(self, number: int) -> str:
        born = datetime.date(1901, 1, 1) + datetime.timedelta(days=self.random.randint(0, 3600))
        body = f"{self._division()}{born:%Y%m%d}{number:03d}"
        total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
        return body + "10X98765432"[total % 11]


def _organisation_code(number: int) -> str:
    body = f"DEM{number:05d}"
    return body + organisation_check_character(body)


def _registration_number(uscc: str) -> str:
    """A registration number of 15 digits for the demo: division, running number, ISO 7064 MOD 11,10."""
    body = f"{uscc[2:8]}1{uscc[11:16]}00"
    check = 10
    for digit in body:
        check = ((check + int(digit)) % 10 or 10) * 2 % 11
    return body + str((11 - check) % 10)
