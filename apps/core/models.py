"""The working-day calendar and the dated rules."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from apps.audit.history import History
from apps.audit.row_security import Open


class CalendarYear(models.Model):
    """A year whose working days the State Council has announced, or is about to."""

    year = models.PositiveSmallIntegerField(
        _("year"), primary_key=True, validators=[MinValueValidator(1999), MaxValueValidator(2199)]
    )
    announced = models.BooleanField(
        _("announced"),
        default=True,
        help_text=_("Deadlines that touch a year not announced are provisional."),
    )
    source = models.CharField(_("source"), max_length=200, help_text=_("The notice, with its document number."))
    updated = models.DateTimeField(_("updated"), auto_now=True)

    history = History()
    row_security = Open(why="the calendar and the rules of the law", public=True)

    class Meta:
        verbose_name = _("calendar year")
        verbose_name_plural = _("calendar years")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that differs from the Monday-to-Friday week: a free weekday or a worked weekend day."""

    date = models.DateField(_("date"), primary_key=True)
    is_working = models.BooleanField(_("working day"))
    name = models.CharField(_("holiday"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=200)
    updated = models.DateTimeField(_("updated"), auto_now=True)

    history = History()
    row_security = Open(why="the calendar and the rules of the law", public=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                name="calendar_day_differs_from_week",
                condition=Q(is_working=True, date__iso_week_day__gte=6)
                | Q(is_working=False, date__iso_week_day__lte=5),
                violation_error_message=_(
                    "Only days that differ from the ordinary week are entered: a free Monday to Friday, or a worked "
                    "Saturday or Sunday."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.name}".strip()


class RuleManager(models.Manager["Rule"]):
    def get_by_natural_key(self, key: str, effective_from: str | datetime.date) -> Rule:
        return self.get(key=key, effective_from=effective_from)


def _key_as_range() -> Func:
    # Exclusion by equality of a text needs an extension. A range that holds only the hash of the text does not.
    return Func(
        Func(F("key"), Value(0), function="hashtextextended"),
        Func(F("key"), Value(0), function="hashtextextended"),
        Value("[]"),
        function="int8range",
    )


class Rule(models.Model):
    """A number that a law sets, from one day to another.

    `value` is a whole number, or an object such as {"shortest": 3, "longest": 12}; `unit` says of what. The rule
    holds from `effective_from` to the day before `effective_to`. Rules of one key never overlap; a gap is allowed
    and answers with an error (`dated_rules.rule_at`).
    """

    class Unit(models.TextChoices):
        WORKING_DAYS = "working_days", _("working days")
        DAYS = "days", _("days")
        MONTHS = "months", _("months")
        YEARS = "years", _("years")
        COUNT = "count", _("times")
        TERM = "term", _("term")

    key = models.CharField(_("key"), max_length=80)
    value = models.JSONField(_("value"))
    unit = models.CharField(_("unit"), max_length=16, choices=Unit)
    effective_from = models.DateField(_("in force from"))
    effective_to = models.DateField(
        _("in force until"), null=True, blank=True, help_text=_("First day on which the rule no longer holds.")
    )
    source = models.CharField(_("source"), max_length=200, help_text=_("Law and article."))
    note = models.TextField(_("note"), blank=True)
    updated = models.DateTimeField(_("updated"), auto_now=True)

    objects = RuleManager()

    history = History()
    row_security = Open(why="the calendar and the rules of the law", public=True)

    class Meta:
        verbose_name = _("dated rule")
        verbose_name_plural = _("dated rules")
        ordering = ["key", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "effective_from"],
                name="rule_key_effective_from",
                violation_error_message=_("A rule of this key already begins on this day."),
            ),
            models.CheckConstraint(
                name="rule_ends_after_start",
                condition=Q(effective_to=None) | Q(effective_to__gt=F("effective_from")),
                violation_error_message=_("“In force until” must be later than “in force from”."),
            ),
            ExclusionConstraint(
                name="rule_no_overlap",
                expressions=[
                    (_key_as_range(), RangeOperators.OVERLAPS),
                    (
                        Func(
                            F("effective_from"),
                            F("effective_to"),
                            Value("[)"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_(
                    "Another rule of this key is in force on some of these days. End that one first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.effective_from:%Y-%m-%d})"

    def natural_key(self) -> tuple[str, datetime.date]:
        return self.key, self.effective_from

    def clean(self) -> None:
        super().clean()
        if self.unit and self.unit != self.Unit.TERM and not _is_amount(self.value):
            raise ValidationError(
                {
                    "value": _(
                        "%(value)s is not an amount: enter a whole number, such as 7, or the bounds, such as "
                        '{"shortest": 3, "longest": 12}.'
                    )
                    % {"value": self.value}
                }
            )

    def holds_on(self, date: datetime.date) -> bool:
        """Whether the rule is in force on `date`."""
        return self.effective_from <= date and (self.effective_to is None or date < self.effective_to)

    @property
    def amount(self) -> int:
        """The value when it is one whole number. Raises TypeError for a rule with bounds."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return self.value
        raise TypeError(f"rule {self.key} holds {self.value!r}, not one amount")

    @property
    def bounds(self) -> tuple[int, int]:
        """(shortest, longest). Raises TypeError for a rule with one amount."""
        if isinstance(self.value, dict) and _is_amount(self.value):
            return self.value["shortest"], self.value["longest"]
        raise TypeError(f"rule {self.key} holds {self.value!r}, not bounds")


def _is_amount(value: Any) -> bool:
    if isinstance(value, dict):
        if set(value) != {"shortest", "longest"}:
            return False
        shortest, longest = value["shortest"], value["longest"]
        return _is_whole(shortest) and _is_whole(longest) and shortest <= longest
    return _is_whole(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
