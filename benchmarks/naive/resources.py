"""The import in three forms: as documented, with the package's bulk mode, and tuned by hand."""

from typing import Any

from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm
from import_export import fields, resources
from import_export.widgets import DateWidget, ForeignKeyWidget
from simple_history.utils import bulk_create_with_history

from .models import Department, Record, Subject

COLUMNS = {
    "document_number": "行政处罚决定书文号",
    "violation_kind": "违法行为类型",
    "facts": "违法事实",
    "grounds": "处罚依据",
    "penalty_kinds": "处罚类别",
    "content": "处罚内容",
    "fine_amount": "罚款金额(万元)",
    "authority_name": "处罚机关",
    "authority_code": "处罚机关统一社会信用代码",
}
NAME, CODE = "行政相对人名称", "行政相对人代码_1(统一社会信用代码)"


class Documented(resources.ModelResource):
    """Row by row, each validated, each saved with its history, each granted to the department's group."""

    subject = fields.Field("subject", CODE, ForeignKeyWidget(Subject, "uscc"))
    decided_on = fields.Field("decided_on", "处罚决定日期", DateWidget("%Y/%m/%d"))
    valid_to = fields.Field("valid_to", "处罚有效期", DateWidget("%Y/%m/%d"))
    disclosed_to = fields.Field("disclosed_to", "公示截止期", DateWidget("%Y-%m-%d"))

    class Meta:
        model = Record
        import_id_fields = ("document_number",)
        fields = (*COLUMNS, "subject", "decided_on", "valid_to", "disclosed_to")
        clean_model_instances = True

    def __init__(self, department: Department, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.department = department
        self.group = Group.objects.get(name=department.slug)
        for name, header in COLUMNS.items():
            self.fields[name].column_name = header

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        Subject.objects.get_or_create(uscc=row[CODE], defaults={"name": row[NAME], "kind": "legal_entity"})

    def after_init_instance(self, instance: Record, new: bool, row: Any, **kwargs: Any) -> None:
        instance.department = self.department

    def after_save_instance(self, instance: Record, row: Any, **kwargs: Any) -> None:
        assign_perm("view_record", self.group, instance)


class Bulk(Documented):
    """``use_bulk``, the history by simple-history's own bulk function, the grants by guardian's."""

    class Meta(Documented.Meta):
        use_bulk = True
        batch_size = 1000

    def after_save_instance(self, instance: Record, row: Any, **kwargs: Any) -> None:
        pass

    def bulk_create(
        self, using_transactions: bool, dry_run: bool, raise_errors: bool, batch_size: Any = None, **kwargs: Any
    ) -> None:
        made = bulk_create_with_history(self.create_instances, Record, batch_size=batch_size)
        self.grant([record.pk for record in made])
        self.create_instances.clear()

    def grant(self, keys: list[int]) -> None:
        assign_perm("view_record", self.group, Record.objects.filter(pk__in=keys))


class Tuned(Bulk):
    """What an afternoon of profiling brings: known rows and subjects read once, no diffs, grants on departments."""

    class Meta(Bulk.Meta):
        skip_diff = True
        force_init_instance = True
        batch_size = 5000

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        codes = set(dataset[CODE])
        known = set(Subject.objects.filter(uscc__in=codes).values_list("uscc", flat=True))
        names = dict(zip(dataset[CODE], dataset[NAME], strict=True))
        fresh = [Subject(uscc=code, name=names[code], kind="legal_entity") for code in codes - known]
        bulk_create_with_history(fresh, Subject, batch_size=5000)
        subjects = {subject.uscc: subject for subject in Subject.objects.filter(uscc__in=codes)}
        self.fields["subject"].widget = _Known(subjects)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        pass

    def validate_instance(self, instance: Record, *args: Any, **kwargs: Any) -> None:
        # The keys were looked up before, and the database holds the constraints: no query for each row.
        instance.clean_fields(exclude=["subject", "department", "author"])

    def grant(self, keys: list[int]) -> None:
        pass


class _Known(ForeignKeyWidget):
    """Takes the subject from those read before."""

    def __init__(self, subjects: dict[str, Subject]) -> None:
        super().__init__(Subject, "uscc")
        self.subjects = subjects

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Subject:
        return self.subjects[value]


class Exported(resources.ModelResource):
    """All columns of a record, and which company it is about, as a file of records must say."""

    subject_name = fields.Field("subject__name", NAME)
    subject_code = fields.Field("subject__uscc", CODE)

    class Meta:
        model = Record

    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("subject")


FORMS = {"documented": Documented, "bulk": Bulk, "tuned": Tuned}
