"""The first day on which a record can be repaired, worked out by hand from the three regimes."""

import pytest

from apps.core.dated_rules import NoRule
from apps.objections.repair_terms import Dishonesty, earliest

from .law import RULES, D

OF_2019 = "发改办财金〔2019〕527号"
OF_2023 = "失信行为纠正后的信用信息修复管理办法（试行）（国家发展改革委令2023年第58号）"
OF_2026 = "信用修复管理办法（国家发展改革委令2025年第36号）"

# decided on, class (+: protected field), last day of the shortest publicity, first day of repair (-: none), last day of
# the publicity, source
ROWS = [
    # 2019: general 3 to 12 months, serious 6 to 36, specially serious 36, from the decision
    ("2019-07-01", "general", "2019-10-01", "2019-10-02", "2020-07-01", OF_2019),
    ("2019-07-01", "serious", "2020-01-01", "2020-01-02", "2022-07-01", OF_2019),
    ("2019-07-01", "specially-serious", "2022-07-01", "-", "2022-07-01", OF_2019),
    ("2019-07-01", "general+", "2019-10-01", "2019-10-02", "2020-07-01", OF_2019),  # no such fields yet
    ("2019-08-31", "serious", "2020-02-29", "2020-03-01", "2022-08-31", OF_2019),  # a leap year
    ("2020-08-31", "serious", "2021-02-28", "2021-03-01", "2023-08-31", OF_2019),
    ("2019-11-30", "general", "2020-02-29", "2020-03-01", "2020-11-30", OF_2019),
    ("2020-11-30", "general", "2021-02-28", "2021-03-01", "2021-11-30", OF_2019),
    ("2020-02-29", "general", "2020-05-29", "2020-05-30", "2021-02-28", OF_2019),
    ("2022-12-31", "general", "2023-03-31", "2023-04-01", "2023-12-31", OF_2019),
    ("2023-04-30", "general", "2023-07-30", "2023-07-31", "2024-04-30", OF_2019),  # its last day
    ("2023-04-30", "serious", "2023-10-30", "2023-10-31", "2026-04-30", OF_2019),
    ("2023-04-30", "specially-serious", "2026-04-30", "-", "2026-04-30", OF_2019),
    # 2023: 3 to 36 months whatever the class, at least 12 in the protected fields, from the decision
    ("2023-05-01", "general", "2023-08-01", "2023-08-02", "2026-05-01", OF_2023),  # its first day
    ("2023-05-01", "general+", "2024-05-01", "2024-05-02", "2026-05-01", OF_2023),
    ("2023-11-30", "general", "2024-02-29", "2024-03-01", "2026-11-30", OF_2023),
    ("2024-02-29", "general+", "2025-02-28", "2025-03-01", "2027-02-28", OF_2023),
    ("2024-06-12", "serious", "2024-09-12", "2024-09-13", "2027-06-12", OF_2023),
    ("2024-06-12", "serious+", "2025-06-12", "2025-06-13", "2027-06-12", OF_2023),
    ("2024-11-30", "general", "2025-02-28", "2025-03-01", "2027-11-30", OF_2023),
    ("2025-05-31", "general", "2025-08-31", "2025-09-01", "2028-05-31", OF_2023),
    ("2025-12-31", "general", "2026-03-31", "2026-04-01", "2028-12-31", OF_2023),  # runs into the next regime
    ("2026-03-31", "general", "2026-06-30", "2026-07-01", "2029-03-31", OF_2023),  # its last day
    ("2026-03-31", "general+", "2027-03-31", "2027-04-01", "2029-03-31", OF_2023),
    # 2026: minor up to 3 months and repaired at once, general 3 to 12, serious 12 to 36, from the decision
    ("2026-04-01", "minor", "2026-04-01", "2026-04-01", "2026-07-01", OF_2026),  # its first day
    ("2026-04-01", "general", "2026-07-01", "2026-07-02", "2027-04-01", OF_2026),
    ("2026-04-01", "serious", "2027-04-01", "2027-04-02", "2029-04-01", OF_2026),
    ("2026-05-31", "general+", "2026-08-31", "2026-09-01", "2027-05-31", OF_2026),  # no such fields any more
    ("2026-08-31", "minor", "2026-08-31", "2026-08-31", "2026-11-30", OF_2026),
    ("2026-11-30", "general", "2027-02-28", "2027-03-01", "2027-11-30", OF_2026),
    ("2026-12-31", "general", "2027-03-31", "2027-04-01", "2027-12-31", OF_2026),
    ("2028-02-29", "serious", "2029-02-28", "2029-03-01", "2031-02-28", OF_2026),
]


@pytest.mark.parametrize(("decided", "kind", "ends", "grantable", "publicity_ends", "source"), ROWS)
def test_the_first_day(decided: str, kind: str, ends: str, grantable: str, publicity_ends: str, source: str) -> None:
    term = earliest(
        RULES,
        decided_on=D(decided),
        published_on=D("2032-01-01"),  # does not count
        dishonesty=Dishonesty(kind.removesuffix("+")),
        protected_field=kind.endswith("+"),
    )
    assert term.rule.source == term.counting.source == source
    assert (str(term.ends_on), str(term.grantable_from or "-")) == (ends, grantable)
    assert str(term.publicity_ends_on) == publicity_ends


@pytest.mark.parametrize(
    ("decided", "dishonesty"),
    [
        ("2019-06-30", "general"),
        ("2019-06-30", "specially-serious"),
        ("2019-07-01", "minor"),
        ("2023-04-30", "minor"),
        ("2023-05-01", "specially-serious"),
        ("2026-03-31", "minor"),
        ("2026-04-01", "specially-serious"),
    ],
)
def test_no_regime_or_none_that_knows_the_class(decided: str, dishonesty: str) -> None:
    with pytest.raises(NoRule, match=f"'repair.{dishonesty}' is in force on {decided}"):
        earliest(RULES, decided_on=D(decided), published_on=None, dishonesty=Dishonesty(dishonesty))
