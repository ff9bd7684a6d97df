"""Pages of one record: entering in two steps, reading, correcting, files."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.audit import access
from apps.audit.context import CHANNELS
from apps.catalogue.models import InformationItem
from apps.catalogue.specs import item_spec
from apps.core.calendars import current_calendar
from apps.core.crypto import KeyDestroyed
from apps.core.reasons import REASON, ReasonForm
from apps.core.terms import SubjectKind
from apps.departments.actions import NotVisible, StateConflict
from apps.departments.admin_scope import ScopedAdmin
from apps.departments.models import Department, User
from apps.subjects.models import Subject
from apps.subjects.people import Person, open_person

from .. import actions, rules
from ..attachments import ACCEPT, LARGEST, MOST
from ..attachments import FIELD as FILES
from ..clock_text import clock_text
from ..entry import correct, edit_draft, enter_record, entering_departments, items_for, prefill
from ..errors import DuplicateRecord, Refused
from ..hooks import beside
from ..models import Attachment, Record
from ..reading import lines
from ..sealing import open_sealed
from .forms import EntryForm, initial_of, options_for, read_choice
from .lists import TONES

TIMELINE = 200


class EntryPages(ScopedAdmin):
    """Adds the pages of one record to its admin."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"records_record_{name}")

        return [
            page("<path:object_id>/correct/", self.correct_view, "correct"),
            page("<path:object_id>/files/<int:attachment_id>/", self.download_view, "download"),
            page("<path:object_id>/files/<int:attachment_id>/remove/", require_POST(self.detach_view), "detach"),
            *super().get_urls(),
        ]

    # Entering

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Without an item: the choice of one. With ``?item=code``: its form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        departments = list(entering_departments(request.user))
        department = self._department(request, departments)
        code = request.GET.get("item")
        if not code or department is None:
            return self._choose_item(request, departments, department)
        item = get_object_or_404(items_for(department), code=code)
        spec = item_spec(item)
        if request.method != "POST":
            form = EntryForm(spec, initial=prefill(spec, department))
            return self._form_page(request, form, item, department)
        form = EntryForm(spec, data=request.POST, files=request.FILES)
        values = form.raw_values()
        choice = read_choice(request.POST, spec, values)
        return self._saved(
            request,
            form,
            item,
            department,
            lambda: enter_record(
                user=request.user,
                item=item,
                department=department,
                values=values,
                choice=choice,
                attachments=request.FILES.getlist("attachments"),
            ),
        )

    def _department(self, request: HttpRequest, departments: list[Department]) -> Department | None:
        slug = request.GET.get("department")
        own = getattr(request.user, "department_id", None)
        if slug:
            found = [each for each in departments if each.slug == slug]
            if not found:
                raise Http404
            return found[0]
        return next((each for each in departments if each.pk == own), departments[0] if departments else None)

    def _choose_item(
        self, request: HttpRequest, departments: list[Department], department: Department | None
    ) -> HttpResponse:
        items = list(items_for(department)) if department else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Enter a record: what is it about?"),
            "opts": self.opts,
            "departments": departments,
            "department": department,
            "items": items,
        }
        return TemplateResponse(request, "records/choose_item.html", context)

    def _form_page(
        self,
        request: HttpRequest,
        form: EntryForm,
        item: InformationItem,
        department: Department,
        *,
        record: Record | None = None,
        reason_form: ReasonForm | None = None,
        refused: Refused | None = None,
        others: list[str] | None = None,
        file_errors: list[str] | None = None,
        duplicate: Record | None = None,
    ) -> HttpResponse:
        today = timezone.localdate()
        context = {
            **self.admin_site.each_context(request),
            "title": str(record or item),
            "opts": self.opts,
            "original": record,
            "record": record,
            "item": item,
            "department": department,
            "form": form,
            "sections": form.sections(),
            "reason_form": reason_form,
            "errors": others or [],
            "file_errors": file_errors or [],
            "has_errors": bool(form.is_bound and form.errors) or bool(file_errors),
            "options": options_for(refused.match) if refused and refused.match else [],
            "match": refused.match if refused else None,
            "posted": request.POST,
            "duplicate": duplicate,
            "note": item.note_in(get_language() or ""),
            "clock": clock_text(record, today, current_calendar()) if record else None,
            "accept": ACCEPT,
            "largest": LARGEST // 1024 // 1024,
            "most": MOST,
            "attachments": list(record.attachments.order_by("pk")) if record else [],
            "media": self.media + form.media,
            "may_submit": record is None or record.state in rules.EDITABLE,
            "tone": TONES[Record.State(record.state)] if record else "",
            "actions": self._actions_beside_form(request, record) if record else [],
            "beside": beside(request, record) if record else None,
            "back": self._url("change", record) if record else self._url("changelist"),
        }
        return TemplateResponse(request, "records/form.html", context)

    def _actions_beside_form(self, request: HttpRequest, record: Record) -> list[dict[str, Any]]:
        """Without submitting: the form's own button does that, and saves what was typed first."""
        submit = self._url("do", record, actions.submit.name)
        return [button for button in self.row_action_buttons(request, record) if not button["path"].startswith(submit)]

    def _saved(
        self,
        request: HttpRequest,
        form: EntryForm,
        item: InformationItem,
        department: Department,
        save: Callable[[], Record],
        *,
        record: Record | None = None,
        reason_form: ReasonForm | None = None,
    ) -> HttpResponse:
        """Save by the action; show what was refused beside its field, a duplicate with the way to the first record."""

        def again(**found: Any) -> HttpResponse:
            if not form._errors:
                form.refuse({})
            return self._form_page(request, form, item, department, record=record, reason_form=reason_form, **found)

        if reason_form is not None and not reason_form.is_valid():
            return again()
        try:
            saved = save()
        except Refused as error:
            wrong = error.message_dict
            return again(refused=error, file_errors=wrong.pop(FILES, []), others=form.refuse(wrong))
        except DuplicateRecord as error:
            access.shown(request, error.record)
            return again(others=[], duplicate=error.record)
        except NotVisible:
            raise Http404 from None
        except StateConflict as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(self._url("change", record))
        if "_submit" in request.POST or "_another" in request.POST:
            actions.submit(user=request.user, obj=saved)
            messages.success(request, _("Submitted for review: %(record)s") % {"record": saved})
        else:
            messages.success(request, _("Saved: %(record)s") % {"record": saved})
        if "_another" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(self._url("change", saved))

    # The record

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The form while it is a draft or returned, for those who enter; else the record to read."""
        record = self.visible_or_404(request, object_id)
        may_edit = self.has_change_permission(request, record) and edit_draft.allowed(request.user, record)
        if may_edit:
            return self._change(request, record, edit_draft)
        if request.method == "POST":
            raise PermissionDenied
        return self._read(request, record)

    def correct_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form with a reason, for a record that is with the reviewer or public."""
        record = self.visible_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        if why_not := correct.why_not(request.user, record):
            messages.error(request, str(why_not))
            return HttpResponseRedirect(self._url("change", record))
        return self._change(request, record, correct)

    def _change(self, request: HttpRequest, record: Record, action: Any) -> HttpResponse:
        spec = item_spec(record.item)
        about_person = record.subject.kind == SubjectKind.NATURAL_PERSON
        secrets = open_sealed(record)
        posted = request.method == "POST"
        reason_form = ReasonForm(request.POST if posted else None) if action.asks_reason else None
        made: dict[str, Any] = {"about_person": about_person, "secrets": secrets}
        if not posted:
            form = EntryForm(spec, **made, initial=initial_of(record, spec))
            return self._form_page(
                request, form, record.item, record.department, record=record, reason_form=reason_form
            )
        form = EntryForm(spec, **made, data=request.POST, files=request.FILES)
        values = form.raw_values()
        choice = None if about_person else read_choice(request.POST, spec, values)
        version = request.POST.get("version", "")
        return self._saved(
            request,
            form,
            record.item,
            record.department,
            lambda: action(
                user=request.user,
                obj=record,
                reason=reason_form.cleaned_data[REASON] if reason_form else "",
                values=values,
                version=int(version) if version.isascii() and version.isdigit() else 0,
                choice=choice,
                attachments=request.FILES.getlist("attachments"),
            ),
            record=record,
            reason_form=reason_form,
        )

    def _read(self, request: HttpRequest, record: Record) -> HttpResponse:
        spec = item_spec(record.item)
        today = timezone.localdate()
        context = {
            **self.admin_site.each_context(request),
            "title": str(record),
            "opts": self.opts,
            "original": record,
            "record": record,
            "tone": TONES[Record.State(record.state)],
            "clock": clock_text(record, today, current_calendar()),
            "lines": lines(record, spec, open_sealed(record), _person(record.subject)),
            "actions": self.row_action_buttons(request, record),
            "beside": beside(request, record),
            "may_correct": self.has_change_permission(request, record) and correct.allowed(request.user, record),
            "attachments": list(record.attachments.order_by("pk")),
            "timeline": timeline(self.history_scope(request, record, record.history)),
            "person": record.subject.kind == SubjectKind.NATURAL_PERSON,
        }
        return TemplateResponse(request, "records/record.html", context)

    # Files

    def download_view(self, request: HttpRequest, object_id: str, attachment_id: int) -> FileResponse:
        """A file goes out as what it was taken for, to be saved and never run in the page."""
        record = self.visible_or_404(request, object_id)
        attachment = get_object_or_404(Attachment.objects.visible_to(request.user), pk=attachment_id, record=record)
        try:
            file = attachment.file.open("rb")
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(
            file, as_attachment=True, filename=attachment.name, content_type=attachment.content_type
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response

    def detach_view(self, request: HttpRequest, object_id: str, attachment_id: int) -> HttpResponse:
        record = self.visible_or_404(request, object_id)
        try:
            actions.detach_file(user=request.user, obj=record, attachment_id=attachment_id)
        except (StateConflict, PermissionDenied) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The file was removed."))
        return HttpResponseRedirect(self._url("change", record))


def _person(subject: Subject) -> Person | None:
    if subject.kind != SubjectKind.NATURAL_PERSON:
        return None
    try:
        return open_person(subject)
    except KeyDestroyed:
        return None


def timeline(history: Any) -> list[dict[str, Any]]:
    """The changes of state in a record's history, oldest first: who, when, why, through which door. Two queries."""
    rows = list(
        history.order_by("history_date", "history_id").values(
            "state", "version", "history_date", "history_user_id", "history_change_reason", "history_channel"
        )[:TIMELINE]
    )
    names = dict(User.objects.filter(pk__in={row["history_user_id"] for row in rows}).values_list("pk", "name"))
    found: list[dict[str, Any]] = []
    before: tuple[Any, Any] = (None, None)
    for row in rows:
        now = (row["state"], row["version"])
        if now != before:
            moved = row["state"] != before[0]
            found.append(
                {
                    "label": Record.State(row["state"]).label if moved else _("changed"),
                    "tone": TONES[Record.State(row["state"])] if moved else "default",
                    "when": row["history_date"],
                    "who": names.get(row["history_user_id"]) or str(CHANNELS.get(row["history_channel"], "")),
                    "why": row["history_change_reason"] or "",
                }
            )
        before = now
    return found
