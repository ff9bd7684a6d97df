"""Last days of the clocks of objection and repair, worked out by hand on the published calendars.

2025, 国办发明电〔2024〕12号: free are 1 January, 28 January to 4 February, 4 to 6 April, 1 to 5 May, 31 May to 2 June,
1 to 8 October; worked are Sunday 26 January, Saturday 8 February, Sunday 27 April, Sunday 28 September and Saturday 11
October.
2026, 国办发明电〔2025〕7号: free are 1 to 3 January, 15 to 23 February, 4 to 6 April, 1 to 5 May, 19 to 21 June, 25 to
27 September, 1 to 7 October; worked are Sunday 4 January, Saturdays 14 and 28 February, Saturday 9 May, Sunday 20
September and Saturday 10 October.
2027, not announced: 1 January is free by 全国年节及纪念日放假办法.
"""

import pytest

from apps.objections.clock import Pause, due

from .law import CALENDAR, D, rule

HN17, HN41, HN43 = (f"河南省社会信用条例第{article}条" for article in ("十七", "四十一", "四十三"))
SITE = DEPARTMENT = "国办发〔2025〕22号"
OF_2025 = "国办发明电〔2024〕12号"
OF_2026 = "国办发明电〔2025〕7号"
OF_2027 = "全国年节及纪念日放假办法（2024年修订），2027年尚未公布"

MARCH = "2026-03-02"  # a Monday; in this month only weekends are free

ROWS = [
    # objection.self: 3 working days
    ("objection.self", MARCH, "", "2026-03-05", (HN41, OF_2026)),
    ("objection.self", "2026-03-06", "", "2026-03-11", (HN41, OF_2026)),  # from a Friday
    ("objection.self", "2026-03-07", "", "2026-03-11", (HN41, OF_2026)),  # from a Saturday
    ("objection.self", "2025-12-31", "", "2026-01-06", (HN41, OF_2026)),  # Sunday 4 January is worked
    ("objection.self", "2026-02-12", "", "2026-02-24", (HN41, OF_2026)),  # Saturday 14 February is worked
    ("objection.self", "2026-02-26", "", "2026-03-02", (HN41, OF_2026)),  # Saturday 28 February is worked
    ("objection.self", "2025-01-24", "", "2025-02-05", (HN41, OF_2025)),  # Sunday 26 January is worked
    ("objection.self", "2025-02-06", "", "2025-02-10", (HN41, OF_2025)),  # Saturday 8 February is worked
    ("objection.self", "2026-04-02", "", "2026-04-08", (HN41, OF_2026)),  # Qingming
    ("objection.self", "2025-04-03", "", "2025-04-09", (HN41, OF_2025)),  # Qingming
    ("objection.self", "2026-06-17", "", "2026-06-23", (HN41, OF_2026)),  # Dragon Boat
    ("objection.self", "2025-05-30", "", "2025-06-05", (HN41, OF_2025)),  # Dragon Boat
    ("objection.self", "2026-12-28", "", "2026-12-31", (HN41, OF_2026)),  # ends on the last announced day
    ("objection.self", "2026-12-29", "", "2027-01-04 provisional", (HN41, OF_2027)),
    # objection.source: 3 working days
    ("objection.source", "2025-09-26", "", "2025-09-30", (HN41, OF_2025)),  # Sunday 28 September is worked
    ("objection.source", "2025-09-30", "", "2025-10-11", (HN41, OF_2025)),  # National Day; Saturday 11 is worked
    ("objection.source", "2025-04-25", "", "2025-04-29", (HN41, OF_2025)),  # Sunday 27 April is worked
    ("objection.source", "2026-04-29", "", "2026-05-07", (HN41, OF_2026)),  # Labour Day
    ("objection.source", "2026-09-17", "", "2026-09-21", (HN41, OF_2026)),  # Sunday 20 September is worked
    ("objection.source", "2026-09-24", "", "2026-09-30", (HN41, OF_2026)),  # Mid-Autumn
    ("objection.source", "2026-09-30", "", "2026-10-10", (HN41, OF_2026)),  # National Day; Saturday 10 is worked
    # objection.total: 7 working days, tests and expert opinions apart
    ("objection.total", "2025-12-29", "", "2026-01-08", (HN41, OF_2026)),
    ("objection.total", "2026-02-12", "", "2026-02-28", (HN41, OF_2026)),
    ("objection.total", "2026-09-28", "", "2026-10-13", (HN41, OF_2026)),
    ("objection.total", "2026-12-29", "", "2027-01-08 provisional", (HN41, OF_2027)),
    ("objection.total", MARCH, "2026-03-04/2026-03-10", "2026-03-17", (HN41, OF_2026)),
    ("objection.total", MARCH, "2026-03-06/2026-03-08", "2026-03-11", (HN41, OF_2026)),  # a weekend costs nothing
    ("objection.total", MARCH, "2026-03-05/2026-03-05", "2026-03-11", (HN41, OF_2026)),  # ended the same day
    ("objection.total", MARCH, "2026-03-04/2026-03-10 2026-03-06/2026-03-12", "2026-03-19", (HN41, OF_2026)),
    ("objection.total", MARCH, "2026-03-04/2026-03-06 2026-03-06/2026-03-10", "2026-03-17", (HN41, OF_2026)),
    ("objection.total", MARCH, "2026-03-03/2026-03-04 2026-03-09/2026-03-11", "2026-03-16", (HN41, OF_2026)),
    ("objection.total", MARCH, "2026-02-26/2026-03-04", "2026-03-13", (HN41, OF_2026)),  # begun before the start
    ("objection.total", MARCH, "2026-03-11/2026-03-20", "2026-03-11", (HN41, OF_2026)),  # begun on the last day
    ("objection.total", MARCH, "2026-03-12/", "2026-03-11", (HN41, OF_2026)),  # begun when it was over
    ("objection.total", MARCH, "2026-03-10/", "", (HN41, OF_2026)),  # goes on
    ("objection.total", MARCH, "2026-03-04/2026-03-06 2026-03-10/", "", (HN41, OF_2026)),
    ("objection.total", "2026-02-10", "2026-02-12/2026-02-25", "2026-03-03", (HN41, OF_2026)),  # Spring Festival
    ("objection.total", "2026-05-06", "2026-05-08/2026-05-11", "2026-05-18", (HN41, OF_2026)),  # a worked Saturday
    ("objection.total", "2026-12-21", "2026-12-22/2026-12-24", "2027-01-04 provisional", (HN41, OF_2027)),
    ("objection.total", "2026-12-25", "2026-12-29/2027-01-06", "2027-01-13 provisional", (HN41, OF_2027)),
    # repair.answer.site: 10 working days
    ("repair.answer.site", "2026-04-01", "", "2026-04-16", (SITE, OF_2026)),
    ("repair.answer.site", "2026-04-28", "", "2026-05-14", (SITE, OF_2026)),
    ("repair.answer.site", "2026-09-16", "", "2026-09-30", (SITE, OF_2026)),
    ("repair.answer.site", "2026-06-15", "2026-06-17/2026-06-24", "2026-07-06", (SITE, OF_2026)),
    ("repair.answer.site", "2026-12-21", "", "2027-01-05 provisional", (SITE, OF_2027)),
    # repair.answer.department: 3 working days
    ("repair.answer.department", "2026-04-03", "", "2026-04-09", (DEPARTMENT, OF_2026)),
    ("repair.answer.department", "2026-06-18", "", "2026-06-24", (DEPARTMENT, OF_2026)),
    ("repair.answer.department", "2026-10-08", "", "2026-10-12", (DEPARTMENT, OF_2026)),
    ("repair.answer.department", "2026-08-03", "2026-08-04/2026-08-06", "2026-08-10", (DEPARTMENT, OF_2026)),
    # repair.remove: 1 working day
    ("repair.remove", "2025-01-27", "", "2025-02-05", (HN43, OF_2025)),
    ("repair.remove", "2026-02-13", "", "2026-02-14", (HN43, OF_2026)),
    ("repair.remove", "2026-10-09", "", "2026-10-10", (HN43, OF_2026)),
    ("repair.remove", "2026-12-31", "", "2027-01-04 provisional", (HN43, OF_2027)),
    # publicity.verify: 5 working days
    ("publicity.verify", "2025-09-29", "", "2025-10-13", (HN17, OF_2025)),
    ("publicity.verify", "2025-12-26", "", "2026-01-05", (HN17, OF_2026)),
    ("publicity.verify", "2026-02-13", "", "2026-02-27", (HN17, OF_2026)),
    ("publicity.verify", "2026-06-16", "", "2026-06-24", (HN17, OF_2026)),
]


def pauses(text: str) -> list[Pause]:
    """``begun/ended begun/`` as pauses."""
    spans = [span.partition("/") for span in text.split()]
    return [Pause(D(begun), D(ended) if ended else None, "检测") for begun, _, ended in spans]


@pytest.mark.parametrize(("key", "opened", "paused", "expected", "source"), ROWS)
def test_the_last_day(key: str, opened: str, paused: str, expected: str, source: tuple[str, str]) -> None:
    under = rule(key, opened)
    assert under.source.startswith(source[0])
    found = due(D(opened), under, pauses(paused), CALENDAR)
    told = f"{found.date}{' provisional' if found.provisional else ''}" if found else ""
    assert told == expected, source
