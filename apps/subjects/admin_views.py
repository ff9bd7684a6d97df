"""Pages of subjects besides list and form: lookup while typing, person search, merge, business register."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.audit import access as log
from apps.audit.context import acting
from apps.core.admin_base import BaseAdmin
from apps.core.identifiers.messages import message_for
from apps.core.sheets import SheetError
from apps.core.terms import SubjectKind

from . import access, merging, people, purposes
from .admin_forms import MergeForm, OtherForm, PersonSearchForm, PurposeForm, RegisterForm
from .documents import check_document
from .loading import load_register
from .models import Subject
from .resources import read_register

LOOKUP_LIMIT = 20
ERRORS_SHOWN = 200
IMPORT_PERMISSION = "subjects.import_register"
COMPARED = (
    "kind",
    "name",
    "uscc",
    "status",
    "organisation_type",
    "registered_on",
    "capital",
    "legal_representative",
    "address",
    "region",
    "industry",
    "created_at",
)


class SubjectViews(BaseAdmin):
    """Mixed into the admin of subjects."""

    def subject_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("lookup/", wrap(self.lookup_view), name="subjects_subject_lookup"),
            path("person/", wrap(self.person_view), name="subjects_person_search"),
            path("person/<int:object_id>/purpose/", wrap(self.purpose_view), name="subjects_person_purpose"),
            path("register/", wrap(self.register_view), name="subjects_subject_register"),
            path("<int:object_id>/merge/", wrap(self.merge_view), name="subjects_subject_merge"),
        ]

    def lookup_view(self, request: HttpRequest) -> JsonResponse:
        """Organisations by code or name while the clerk types: ``?q=`` -> ``{"results": [{id, text, uscc, kind}],
        "more": bool}``, at most 20."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        hits, more = Subject.objects.first_hits(request.GET.get("q", "")[:200], LOOKUP_LIMIT)
        results = [{"id": one.pk, "text": one.name, "uscc": one.uscc or "", "kind": one.kind} for one in hits]
        return JsonResponse({"results": results, "more": more})

    def person_view(self, request: HttpRequest) -> HttpResponse:
        """Find a natural person by the exact document number, for a stated purpose."""
        if not request.user.has_perm("subjects.view_personaldata"):
            raise PermissionDenied
        form = PersonSearchForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            kind, number = form.cleaned_data["document_kind"], form.cleaned_data["number"]
            check = check_document(kind, number)
            person = Subject.objects.find_person(kind, number).first() if check.ok else None
            given = form.cleaned_data["purpose"], form.cleaned_data["matter"]
            if check.ok:
                log.searched(request, sought=None if person else people.sought_fingerprints(kind, number)[0])
                log.for_purpose(request, *given)
            if person is not None:
                log.shown(request, person)
                access.remember_found(request, person.pk)
                purposes.remember(request, person.pk, *given)
                return HttpResponseRedirect(self._url("change", person))
            if check.ok:
                form.add_error(None, _("No person with this document is on record."))
            else:
                form.add_error("number", message_for(check))
        return self._page(request, "subjects/person_search.html", _("Find a person"), form=form)

    def purpose_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask why a person's data is to be read, remember it for the day, and lead back to where it was asked."""
        is_person = Subject.objects.filter(pk=object_id, kind=SubjectKind.NATURAL_PERSON).exists()
        if not is_person or not self.has_view_permission(request) or not access.may_open_person(request, object_id):
            raise Http404
        form = PurposeForm(request.POST if request.method == "POST" else None)
        after = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(after, allowed_hosts=None):
            after = reverse("admin:subjects_subject_change", args=[object_id])
        if form.is_valid():
            purposes.remember(request, object_id, form.cleaned_data["purpose"], form.cleaned_data["matter"])
            return HttpResponseRedirect(after)
        return self._page(request, "subjects/purpose.html", _("What is this person looked at for?"), form=form)

    # Merging

    def may_merge(self, request: HttpRequest) -> bool:
        return request.user.has_perm(merging.PERMISSION)

    def merge_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """First choose the other subject, then compare, choose the one that remains and say why."""
        if not self.may_merge(request):
            raise PermissionDenied
        one = self.visible_or_404(request, str(object_id))
        other = self._other(request, one)
        if other is None:
            return self._choose_other(request, one)
        form = MergeForm(request.POST if request.method == "POST" else None)
        form.fields["remaining"].choices = [(str(each.pk), _label(each)) for each in (one, other)]  # type: ignore[attr-defined]
        if form.is_valid():
            remaining, duplicate = (one, other) if form.cleaned_data["remaining"] == str(one.pk) else (other, one)
            try:
                merging.merge_subjects(
                    user=request.user, duplicate=duplicate, remaining=remaining, reason=form.cleaned_data["reason"]
                )
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, _("“%(name)s” now stands for both.") % {"name": remaining})
                return HttpResponseRedirect(self._url("change", remaining))
        context = {
            "form": form,
            "original": one,
            "subjects": [one, other],
            "comparison": _comparison(one, other),
            "moves": [merging.preview(request.user, one, other), merging.preview(request.user, other, one)],
            "back": self._url("change", one),
        }
        return self._page(request, "subjects/merge.html", _("Merge two subjects"), **context)

    def _other(self, request: HttpRequest, one: Subject) -> Subject | None:
        key = request.GET.get("with", "")
        if not key:
            return None
        other = self.visible_or_404(request, key)
        if other.pk == one.pk:
            raise Http404
        return other

    def _choose_other(self, request: HttpRequest, one: Subject) -> HttpResponse:
        form = OtherForm(request.GET if "text" in request.GET else None)
        hits: list[Any] = []
        more = False
        if form.is_valid() and one.kind != SubjectKind.NATURAL_PERSON:
            hits, more = Subject.objects.exclude(pk=one.pk).first_hits(form.cleaned_data["text"], LOOKUP_LIMIT)
        elif not form.is_bound and one.kind != SubjectKind.NATURAL_PERSON:
            hits = list(Subject.objects.organisations().filter(match_name=one.match_name).exclude(pk=one.pk)[:20])
        elif one.kind == SubjectKind.NATURAL_PERSON:
            found = [key for key in request.session.get(access.SESSION_KEY, []) if key != one.pk]
            hits = list(Subject.objects.filter(pk__in=found, merged_into=None))
            log.shown(request, hits)
        context = {"form": form, "original": one, "hits": hits, "more": more, "back": self._url("change", one)}
        return self._page(request, "subjects/merge_choose.html", _("Merge: choose the other subject"), **context)

    # Business register

    def may_import(self, request: HttpRequest) -> bool:
        return request.user.has_perm(IMPORT_PERMISSION)

    def register_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a business register; a trial run tells what it would do."""
        if not self.may_import(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form = RegisterForm(request.POST if posted else None, request.FILES if posted else None)
        loaded = None
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                register = read_register(upload.read())
            except SheetError as error:
                form.add_error("file", str(error))
            else:
                reason = _("Business register %(file)s") % {"file": upload.name}
                with acting(channel="file", reason=reason):
                    loaded = load_register(register, dry_run=form.cleaned_data["dry_run"], source=upload.name)
        errors = loaded.errors[:ERRORS_SHOWN] if loaded else []
        context = {
            "form": form,
            "loaded": loaded,
            "errors": errors,
            "hidden": len(loaded.errors) - len(errors) if loaded else 0,
            "back": self._url("changelist"),
        }
        return self._page(request, "subjects/register.html", _("Load a business register"), **context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "register_url": reverse("admin:subjects_subject_register") if self.may_import(request) else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        base = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "media": self.media}
        return TemplateResponse(request, template, {**base, **context})


def _label(subject: Subject) -> str:
    return f"{subject.name} {subject.uscc or ''}".strip()


def _comparison(one: Subject, other: Subject) -> list[dict[str, Any]]:
    """Field by field: label, both values as a person reads them, whether they differ."""
    rows = []
    for name in COMPARED:
        field = Subject._meta.get_field(name)
        shown = []
        for subject in (one, other):
            display = getattr(subject, f"get_{name}_display", None)
            value = display() if display else getattr(subject, name)
            if isinstance(value, Decimal):
                value = number_format(value, decimal_pos=2, force_grouping=True)
            shown.append("–" if value in (None, "") else value)
        label = getattr(field, "verbose_name", name)
        rows.append({"label": label, "values": shown, "differs": shown[0] != shown[1]})
    for label, related in ((_("old codes"), "identifiers"), (_("former names"), "names")):
        shown = [", ".join(map(str, getattr(subject, related).all())) or "–" for subject in (one, other)]
        rows.append({"label": label, "values": shown, "differs": shown[0] != shown[1]})
    return rows
