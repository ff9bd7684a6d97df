"""The form with which a file comes in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from import_export.formats.base_formats import XLSX
from unfold.contrib.import_export.forms import ImportForm
from unfold.widgets import UnfoldAdminSelectWidget

from apps.catalogue.models import InformationItem
from apps.departments.models import Department
from apps.records.entry import entering_departments, items_for

from .runs import UPLOAD_LIMIT

FORMATS = [XLSX]
"""What import-export would read by itself; here the engine reads, and tells the format from the content."""


def items_of(user: Any) -> Any:
    """The items that ``user`` may send files of, for whichever department."""
    keys = {pk for each in entering_departments(user) for pk in items_for(each).values_list("pk", flat=True)}
    return InformationItem.objects.filter(pk__in=keys).order_by("position", "code")


class UploadForm(ImportForm):
    """Item, department and file. What kind of file it is, the engine finds out by looking at it."""

    item = forms.ModelChoiceField(InformationItem.objects.none(), label=_("Information item"))
    department = forms.ModelChoiceField(Department.objects.none(), label=_("Department"))
    field_order = ["department", "item", "import_file"]

    def __init__(self, formats: Any, resources: Any, *, user: Any, **kwargs: Any) -> None:
        super().__init__(formats, resources, **kwargs)
        for name in ("resource", "format"):
            self.fields.pop(name)
        departments = entering_departments(user)
        department: Any = self.fields["department"]
        department.queryset = departments
        department.widget = UnfoldAdminSelectWidget(choices=department.choices)
        own = departments.filter(pk=getattr(user, "department_id", None)).first() or departments.first()
        if own is not None:
            department.initial = own.pk
        if departments.count() == 1:
            department.widget = forms.HiddenInput()
        item: Any = self.fields["item"]
        item.queryset = items_of(user)
        item.widget = UnfoldAdminSelectWidget(choices=item.choices)
        file: Any = self.fields["import_file"]
        file.label = _("File")
        file.help_text = _(
            "xlsx, xls or csv, at most %(limit)s MB. Title rows, merged cells and columns in any order do no harm."
        ) % {"limit": UPLOAD_LIMIT // 2**20}
        file.widget.attrs["accept"] = ".xlsx,.xls,.csv,.txt"

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        item, department, file = (cleaned.get(name) for name in ("item", "department", "import_file"))
        if item and department and not items_for(department).filter(pk=item.pk).exists():
            self.add_error(
                "item",
                _("%(department)s does not report “%(item)s”.") % {"department": department, "item": item},
            )
        if file is not None and file.size > UPLOAD_LIMIT:
            self.add_error(
                "import_file", _("The file is larger than %(limit)s MB. Split it.") % {"limit": UPLOAD_LIMIT // 2**20}
            )
        return cleaned
