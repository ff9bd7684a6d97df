"""One letter of each kind about an invented case: to look at (``manage.py sample_letters``) and to try things on."""

from __future__ import annotations

import datetime
from typing import Any, Final

from .contents import (
    Change,
    ClockPaused,
    ClockResumed,
    CommitmentLetter,
    DueDay,
    Letter,
    Matter,
    ObjectionAccepted,
    ObjectionOutcome,
    ObjectionReceipt,
    ObjectionRefused,
    Office,
    Outcome,
    Party,
    RecordFacts,
    Remedies,
    RepairAccepted,
    RepairDenied,
    RepairGranted,
    RepairReceipt,
    RepairRefused,
    ReviewRequest,
    Supplement,
    VerificationRequest,
)

_DAY: Final = datetime.date
CENTRE: Final = Office(
    name="示范市公共信用信息中心", address="示范市中心大道1号市民中心二楼6号窗口", phone="0371-00000000"
)
COMPANY: Final = Party(name="示范市青禾商贸有限公司")
PERSON: Final = Party(name="李示范", person=True)
BUREAU: Final = Party(name="示范市市场监督管理局")
REMEDIES: Final = Remedies(
    review_office="示范省社会信用工作主管部门",
    reconsideration_office="示范市人民政府",
    reconsideration_days=60,
    court="示范市中心区人民法院",
    litigation_months=6,
)
_OBJECTION: Final[dict[str, Any]] = {
    "date": _DAY(2026, 11, 23),
    "office": CENTRE,
    "record": RecordFacts(
        subject=COMPANY.name, item="行政处罚信息", document_number="示市监罚决〔2026〕118号", source=BUREAU.name
    ),
    "progress_code": "K7QX-4M2P-9T",
    "basis": "河南省社会信用条例第四十一条",
    "received_on": _DAY(2026, 11, 23),
}
_REPAIR: Final[dict[str, Any]] = {
    **_OBJECTION,
    "progress_code": "R3HD-8W6N-2C",
    "basis": "国办发〔2025〕22号文件",
}
_TO_COMPANY: Final[dict[str, Any]] = {
    "addressee": COMPANY,
    "progress_at": "信用示范市网站“进度查询”栏目或者我单位服务窗口",
}
_OBJECTED: Final[dict[str, Any]] = {
    "grounds": "信息有误",
    "disputed": "公示的罚款金额为5万元，处罚决定书载明为0.5万元；处罚决定日期亦与决定书不符。",
}
_PAPERS: Final = ("行政处罚决定书复印件一份", "罚款缴纳凭证复印件一份", "法定代表人身份证明一份")
_OUTCOME: Final[dict[str, Any]] = {
    **_OBJECTION,
    **_TO_COMPANY,
    "checked_by": BUREAU.name,
    "done_on": _DAY(2026, 11, 30),
    "remedies": REMEDIES,
}

SAMPLES: Final[dict[str, Letter]] = {
    "objection-receipt": ObjectionReceipt(
        **_OBJECTION,
        **_TO_COMPANY,
        **_OBJECTED,
        number="示信异收〔2026〕17号",
        papers=_PAPERS,
        self_days=3,
        source_days=3,
        total_days=7,
        due=DueDay(date=_DAY(2026, 12, 2)),
    ),
    "objection-accepted": ObjectionAccepted(
        **_OBJECTION,
        **_TO_COMPANY,
        number="示信异受〔2026〕17号",
        accepted_on=_DAY(2026, 11, 24),
        checked_by=BUREAU.name,
        due=DueDay(date=_DAY(2026, 12, 2)),
    ),
    "objection-refused": ObjectionRefused(
        **_OBJECTION,
        number="示信异不受〔2026〕3号",
        addressee=PERSON,
        progress_at=_TO_COMPANY["progress_at"],
        reason="申请人不是所涉信息的信用主体，也未提交信用主体的授权委托书",
        remedies=REMEDIES,
    ),
    "objection-supplement": Supplement(
        **_OBJECTION,
        **_TO_COMPANY,
        number="示信补〔2026〕9号",
        matter=Matter.OBJECTION,
        papers=("加盖公章的营业执照复印件", "授权委托书和受托人的身份证明", "主张罚款金额有误的证据材料"),
        bring_by=_DAY(2026, 12, 1),
        paused_on=_DAY(2026, 11, 24),
    ),
    "verification-request": VerificationRequest(
        **_OBJECTION,
        **_OBJECTED,
        number="示信核函〔2026〕17号",
        addressee=BUREAU,
        question="请核对处罚决定书原件载明的罚款金额和处罚决定日期。",
        evidence=_PAPERS[:2],
        days=3,
        due=DueDay(date=_DAY(2026, 11, 27)),
        enclosures=_PAPERS[:2],
    ),
    "objection-corrected": ObjectionOutcome(
        **_OUTCOME,
        number="示信异结〔2026〕17号",
        outcome=Outcome.CORRECTED,
        findings="处罚决定书载明罚款金额为0.5万元，处罚决定日期为2026年3月12日，报送时录入有误",
        reason="公示内容与据以产生该信息的行政处罚决定书不一致",
        changes=(
            Change(field="罚款金额", before="5.000000万元", after="0.500000万元"),
            Change(field="处罚决定日期", before="2026年3月21日", after="2026年3月12日"),
        ),
    ),
    "objection-removed": ObjectionOutcome(
        **_OUTCOME,
        number="示信异结〔2026〕18号",
        outcome=Outcome.REMOVED,
        findings="所涉行政处罚决定已被人民法院判决撤销，判决已经生效",
        reason="据以产生该信息的行政处罚决定已不存在",
    ),
    "objection-upheld": ObjectionOutcome(
        **_OUTCOME,
        number="示信异结〔2026〕19号",
        outcome=Outcome.UPHELD,
        findings="公示内容与行政处罚决定书一致，决定书已依法送达，申请行政复议和提起行政诉讼的期限均已届满",
        reason="申请人未提交足以证明公示内容有误的证据",
    ),
    "objection-unresolved": ObjectionOutcome(
        **_OUTCOME,
        number="示信异结〔2026〕20号",
        outcome=Outcome.UNRESOLVED,
        findings="信息提供单位未能提供据以产生该信息的原始文书，申请人亦未提交相反证据",
        reason="双方提交的材料均不足以证明所涉信息是否准确",
        annotation="信用主体对本信息提出异议，经核查未能确认",
    ),
    "repair-receipt": RepairReceipt(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信修收〔2026〕31号",
        papers=("罚款缴纳凭证复印件一份", "整改报告和现场复查记录各一份", "信用修复承诺书一份"),
        site_days=10,
        department_days=3,
        due=DueDay(date=_DAY(2026, 12, 7)),
    ),
    "repair-accepted": RepairAccepted(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信修受〔2026〕31号",
        accepted_on=_DAY(2026, 11, 24),
        decided_by=BUREAU.name,
        due=DueDay(date=_DAY(2027, 1, 8), provisional=True),
    ),
    "repair-refused": RepairRefused(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信修不受〔2026〕5号",
        reason="所涉信息尚未达到最短公示期，最短公示期自2026年9月20日起算三个月",
        apply_from=_DAY(2026, 12, 20),
        remedies=REMEDIES,
    ),
    "review-request": ReviewRequest(
        **_REPAIR,
        number="示信修函〔2026〕31号",
        addressee=BUREAU,
        dishonesty="一般失信",
        earliest=_DAY(2026, 6, 12),
        arithmetic="2026年3月12日公示，最短公示期三个月",
        opinion="申请人已缴纳罚款并完成整改，最短公示期已满，承诺书和证明材料齐全，建议准予修复。",
        papers=("罚款缴纳凭证复印件", "整改报告和现场复查记录", "信用修复承诺书"),
        days=3,
        due=DueDay(date=_DAY(2026, 11, 27)),
    ),
    "repair-granted": RepairGranted(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信修准〔2026〕31号",
        decided_by=BUREAU.name,
        findings="已纠正失信行为、履行法定义务，最短公示期已满，并作出信用修复承诺",
        stopped_on=_DAY(2026, 12, 1),
        measures_lifted=("限制参加政府采购活动", "列为重点监督检查对象"),
    ),
    "repair-denied": RepairDenied(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信修否〔2026〕6号",
        decided_by=BUREAU.name,
        reason="现场复查发现违法行为仍在继续，申请人提交的整改报告与事实不符",
        apply_from=_DAY(2027, 3, 12),
        arithmetic="自2026年3月12日公示之日起满十二个月",
        remedies=REMEDIES,
    ),
    "repair-clock-paused": ClockPaused(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信停〔2026〕4号",
        matter=Matter.REPAIR,
        paused_on=_DAY(2026, 11, 25),
        reason="整改情况需要委托专业机构检测",
    ),
    "repair-clock-resumed": ClockResumed(
        **_REPAIR,
        **_TO_COMPANY,
        number="示信续〔2026〕4号",
        matter=Matter.REPAIR,
        paused_on=_DAY(2026, 11, 25),
        resumed_on=_DAY(2026, 12, 9),
        reason="检测机构已出具检测报告",
        due=DueDay(date=_DAY(2026, 12, 21)),
    ),
    "commitment-letter": CommitmentLetter(
        **{name: value for name, value in _REPAIR.items() if name != "received_on"},
        addressee=Party(name=CENTRE.name),
        applicant=COMPANY,
        identity_kind="统一社会信用代码",
        identity_number="91410100MA00000000",
        representative="李示范",
        decided_on=_DAY(2026, 3, 12),
        content="罚款0.5万元",
    ),
}
"""By the name of the file that the command writes."""
