"""The domain as a small project models it: departments, subjects, records."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords
from stdnum.cn import uscc


def valid_uscc(code: str) -> None:
    if not uscc.is_valid(code):
        raise ValidationError(f"{code} is not valid.")


class Department(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=64, unique=True)

    class Meta:
        permissions = [("view_records", "Can see the department's records")]

    def __str__(self) -> str:
        return self.name


class Subject(models.Model):
    name = models.CharField(max_length=200, db_index=True)
    uscc = models.CharField(max_length=18, unique=True, null=True, blank=True, validators=[valid_uscc])
    kind = models.CharField(max_length=32)
    address = models.CharField(max_length=300, blank=True)
    legal_representative = models.CharField(max_length=100, blank=True)
    registered_on = models.DateField(null=True, blank=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.name


class Record(models.Model):
    department = models.ForeignKey(Department, models.PROTECT)
    subject = models.ForeignKey(Subject, models.PROTECT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=16, default="draft", db_index=True)
    document_number = models.CharField(max_length=200, db_index=True)
    document_name = models.CharField(max_length=200, blank=True)
    decided_on = models.DateField(db_index=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    disclosed_to = models.DateField(null=True, blank=True)
    authority_name = models.CharField(max_length=200)
    authority_code = models.CharField(max_length=18, validators=[valid_uscc])
    violation_kind = models.TextField(blank=True)
    facts = models.TextField(blank=True)
    grounds = models.TextField(blank=True)
    penalty_kinds = models.CharField(max_length=200, blank=True)
    content = models.TextField(blank=True)
    fine_amount = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    deadline = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["department", "subject", "document_number"], name="naive_record_once")
        ]

    def __str__(self) -> str:
        return self.document_number
