"""No page of the admin shows rows that lead to a natural person without their model saying which of them are logged."""

from typing import Any

import pytest
from django.contrib import admin
from django.db import models

from apps.audit.access import logged_rows
from apps.core.admin_base import BaseAdmin
from apps.records.models import Record
from apps.subjects.models import PersonKey, Subject


def leads_to_persons(model: type[models.Model], seen: frozenset[Any] = frozenset()) -> bool:
    """Whether a row of the model names a subject or a person's key, itself or through the rows it names."""
    return model in {Subject, PersonKey} or any(
        leads_to_persons(field.related_model, seen | {model})
        for field in model._meta.concrete_fields
        if isinstance(field.related_model, type) and field.related_model not in seen | {model}
    )


def undeclared() -> list[str]:
    return [
        f"{model._meta.label}: add access_log = person_rows(...) to the model (docs/contributing.md)"
        for model in admin.site._registry
        if leads_to_persons(model) and not logged_rows(model)
    ]


def test_every_model_in_the_admin_that_leads_to_persons_says_what_is_logged() -> None:
    assert undeclared() == []


def test_a_model_that_says_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Record, "access_log")
    (told,) = undeclared()
    assert told.startswith("records.Record:")


def test_pages_of_logged_models_are_those_that_write_the_log() -> None:
    assert [
        model._meta.label
        for model, pages in admin.site._registry.items()
        if logged_rows(model) and not isinstance(pages, BaseAdmin)
    ] == []
