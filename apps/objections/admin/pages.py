"""The page of one case: clocks, applicant, claim, record, papers, letters, what happened; downloads; the correction."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.audit import access
from apps.catalogue import rules as catalogue
from apps.catalogue.shapes import FieldSpec
from apps.catalogue.specs import item_spec
from apps.core.calendars import current_calendar
from apps.core.masking import mask_identity
from apps.core.text import match_form
from apps.departments.actions import NotVisible, StateConflict
from apps.departments.admin_scope import ScopedAdmin
from apps.records.admin.forms import EntryForm, initial_of
from apps.records.models import Record
from apps.records.reading import identifiers_of, lines, stored_value, subject_values

from .. import effects, states
from ..actions import LETTER_ACTIONS, approve, prepare_correction
from ..applicants import Applicant, open_applicant
from ..clock_text import clocks_of
from ..models import Case, Evidence, Letter, StoredFile
from ..papers import open_file
from ..steps import conflict, handles
from ..timeline import timeline
from .inbox import RELATED, TONES

OPENED: Final = (
    *RELATED,
    "record__item",
    "routed_to",
    "stage_rule",
    "whole_rule",
    "term_rule",
    "found_by",
    "proposed_by",
    "decided_by",
    "filed_by",
)


class CasePages(ScopedAdmin):
    """Adds the pages of one case to its admin."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"objections_case_{name}")

        return [
            page("<path:object_id>/correction/", self.correction_view, "correction"),
            page("<path:object_id>/papers/<int:evidence_id>/", self.paper_view, "paper_download"),
            page("<path:object_id>/letters/<int:letter_id>/", self.letter_view, "letter_download"),
            *super().get_urls(),
        ]

    def find_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A case is opened to work on it; the access log says so, with its number."""
        case = super().find_object(request, object_id, from_field)
        if case is not None and self.has_view_or_change_permission(request, case):
            access.for_purpose(request, access.Purpose.OBJECTION, case.number)
        return case

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The case to read, with what can be done now."""
        case = self._opened(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        record = case.record
        happened, notes = timeline(case)
        buttons = self.row_action_buttons(request, case)
        to_write = {self._url("do", case, action.name) for action in LETTER_ACTIONS}
        handling = handles(request.user, case)
        applicant = open_applicant(case)
        context = {
            **self.admin_site.each_context(request),
            "title": case.number,
            "opts": self.opts,
            "original": case,
            "case": case,
            "tone": TONES[Case.State(case.state)],
            "clocks": clocks_of(case, timezone.localdate(), current_calendar()),
            "passages": list(case.passages.select_related("department").order_by("pk")),
            "handling": handling,
            "applicant": _shown_applicant(applicant, handling),
            "record": record,
            "lines": lines(record, item_spec(record.item), {}),
            "correction": _comparison(case),
            "actions": [each for each in buttons if each["path"].partition("?")[0] not in to_write],
            "letters_to_write": [each for each in buttons if each["path"].partition("?")[0] in to_write],
            "hindrance": _hindrance(request.user, case),
            "registered": _registered(case, applicant) if handling else "",
            "may_prepare": prepare_correction.allowed(request.user, case),
            "papers": _by_side(case),
            "letters": list(case.letters.all()),
            "timeline": happened,
            "notes": notes,
        }
        return TemplateResponse(request, "objections/case.html", context)

    def _opened(self, request: HttpRequest, object_id: str) -> Case:
        """The case with all its page shows of it. Raises Http404."""
        case = self.visible_or_404(request, object_id)
        opened = Case.objects.visible_to(request.user).select_related(*OPENED)
        files = (
            Prefetch(name, model.objects.visible_to(request.user).select_related("added_by"))
            for name, model in (("evidence", Evidence), ("letters", Letter))
        )
        return opened.prefetch_related(*files, "pauses").get(pk=case.pk)

    # Files

    def paper_view(self, request: HttpRequest, object_id: str, evidence_id: int) -> FileResponse:
        """A paper that somebody brought."""
        return self._download(request, object_id, Evidence, evidence_id)

    def letter_view(self, request: HttpRequest, object_id: str, letter_id: int) -> FileResponse:
        """A letter that was made."""
        return self._download(request, object_id, Letter, letter_id)

    def _download(self, request: HttpRequest, object_id: str, model: type[StoredFile], key: int) -> FileResponse:
        # A file goes out as what it was taken for, to be saved and never run in the page.
        case = self.visible_or_404(request, object_id)
        file = get_object_or_404(model.objects.visible_to(request.user), pk=key, case=case)
        try:
            opened = open_file(file)
        except FileNotFoundError:
            raise Http404 from None
        response = FileResponse(opened, as_attachment=True, filename=file.name, content_type=file.content_type)
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response

    # The correction

    def correction_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The fields of the record that the case can correct, with their values; what is typed is prepared."""
        case = self._opened(request, object_id)
        if why_not := prepare_correction.why_not(request.user, case):
            messages.error(request, str(why_not))
            return HttpResponseRedirect(self._url("change", case))
        form = CorrectionForm(case, request.POST if request.method == "POST" else None)
        others: list[str] = []
        if request.method == "POST":
            try:
                prepare_correction(user=request.user, obj=case, values=form.typed())
            except NotVisible:
                raise Http404 from None
            except (StateConflict, PermissionDenied) as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(self._url("change", case))
            except ValidationError as error:
                wrong = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
                others = form.refuse(wrong)
            else:
                messages.success(request, _("The correction is prepared. It is put in force with the decision."))
                return HttpResponseRedirect(self._url("change", case))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Prepare the correction: %(case)s") % {"case": case.number},
            "opts": self.opts,
            "original": case,
            "case": case,
            "form": form,
            "sections": form.sections(),
            "errors": others,
            "has_errors": bool(form.is_bound and form.errors) or bool(others),
            "media": self.media + form.media,
            "back": self._url("change", case),
        }
        return TemplateResponse(request, "objections/correction.html", context)


class CorrectionForm(EntryForm):
    """The correctable fields of a record, with what was prepared already."""

    def __init__(self, case: Case, data: Any = None) -> None:
        record = case.record
        spec = item_spec(record.item)
        initial = initial_of(record, spec)
        for code, text in case.correction.items():
            if code in spec.by_code:
                value = catalogue.parse_value(spec.by_code[code], text).value
                initial[code] = catalogue.to_storage(spec.by_code[code], value)
        super().__init__(spec, data=data, initial=initial)
        self.correctable = {each.code: each for each in effects.correctable(record)}
        for code in list(self.fields):
            if code not in self.correctable:
                del self.fields[code]

    def typed(self) -> dict[str, str]:
        """The values as files carry them, so that the same value typed otherwise is no change; what cannot be read
        stays as it was typed, and the action says what is wrong with it."""
        return {code: _edge(self.correctable[code], raw) for code, raw in self.raw_values().items()}


def _edge(spec: FieldSpec, raw: Any) -> str:
    parsed = catalogue.parse_value(spec, raw)
    if not parsed.ok:
        return (spec.separator or ";").join(raw) if isinstance(raw, list | tuple) else str(raw)
    return catalogue.to_edge(spec, catalogue.to_storage(spec, parsed.value))


def _shown_applicant(applicant: Applicant | None, handling: bool) -> Applicant | None:
    """The applicant as the reader may see it: who handles the case must be able to reach the person."""
    if applicant is None or not handling:
        return applicant and applicant.masked
    return Applicant(
        applicant.name, applicant.document_kind, mask_identity(applicant.number), applicant.phone, applicant.address
    )


def _hindrance(user: Any, case: Case) -> str:
    """Why somebody who works on the case is not offered what judges it; "" when nothing is in the way."""
    if not case.is_open or not (handles(user, case) or case.state == states.ROUTED):
        return ""
    return str(approve.applies(user, case) if case.state == states.PROPOSED else conflict(user, case))


def _registered(case: Case, applicant: Applicant | None) -> str:
    """The legal representative on record, where somebody of another name applies as such."""
    known = case.record.subject.legal_representative
    if applicant is None or case.relation != Case.Relation.REPRESENTATIVE:
        return ""
    return known if match_form(known) != match_form(applicant.name) else ""


def _comparison(case: Case) -> list[dict[str, str]]:
    """Label, value on record and prepared value of each field that the case corrects; what was changed, once the
    correction is in force."""
    if case.changes or not case.correction:
        return [{"label": each["field"], "before": each["before"], "after": each["after"]} for each in case.changes]
    record: Record = case.record
    spec = item_spec(record.item)
    known = subject_values(record.subject, identifiers_of([record.subject])[record.subject_id])
    language = (get_language() or "")[:2]
    found = []
    for each in (spec.by_code[code] for code in case.correction if code in spec.by_code):
        text = case.correction[each.code]
        parsed = catalogue.parse_value(each, text)
        after = catalogue.to_display(each, catalogue.to_storage(each, parsed.value)) if parsed.ok else text
        before = catalogue.to_display(each, stored_value(record, each, known))
        found.append({"label": each.label_in(language), "before": before, "after": after})
    return found


def _by_side(case: Case) -> list[tuple[str, list[Evidence]]]:
    """The papers by who brought them; sides that brought nothing are left out."""
    papers = list(case.evidence.all())
    sides = [(str(side.label), [each for each in papers if each.brought_by == side]) for side in Evidence.By]
    return [(label, found) for label, found in sides if found]
