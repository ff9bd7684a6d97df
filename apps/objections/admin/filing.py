"""Taking a case in: finding the record, telling beforehand whether a repair can be granted, the form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import access
from apps.departments.actions import NotVisible
from apps.departments.admin_scope import ScopedAdmin
from apps.records.attachments import ACCEPT, LARGEST
from apps.records.models import Record
from apps.records.searching import search

from .. import states
from ..actions import file_case
from ..models import Case
from ..papers import MOST
from ..term_text import Told, told
from ..terms import advise
from .forms import FilingForm

FOUND: Final = 20


@dataclass(frozen=True)
class Shown:
    """The advice on a repair as the page shows it: every class with its term; ``proposed``: the class to begin with."""

    classes: list[Told]
    proposed: str
    protected_field: bool
    error: str = ""


class FilingPages(ScopedAdmin):
    """Adds the ways by which a case comes in to its admin."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"objections_case_{name}")

        return [page("find/", self.find_view, "search"), *super().get_urls()]

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """The record that a case is to be about, by what the visitor has at hand."""
        self._may_file(request)
        term = request.GET.get("q", "").strip()[:100]
        found: list[Record] = []
        if term:
            access.for_purpose(request, access.Purpose.OBJECTION)
            records = search(Record.objects.visible_to(request.user).filter(state=Record.State.PUBLISHED), term)
            related = records.select_related("subject", "item", "department").order_by("-pk")
            found = list(related[: FOUND + 1])
            access.shown(request, found)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Take a case in: which record is it about?"),
            "opts": self.opts,
            "term": term,
            "records": found[:FOUND],
            "more": len(found) > FOUND,
        }
        return TemplateResponse(request, "objections/find.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """``?record=…&kind=…``: the form about this record; without a record, the page that finds it."""
        self._may_file(request)
        key = request.GET.get("record", "")
        if not key:
            return HttpResponseRedirect(self._url("search"))
        kind = request.GET.get("kind", states.OBJECTION)
        records = Record.objects.visible_to(request.user).select_related("subject", "item", "department")
        record = records.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
        if record is None or kind not in states.KINDS:
            raise Http404
        access.for_purpose(request, access.Purpose.OBJECTION)
        access.shown(request, record)
        protected = request.GET.get("protected_field") == "on"
        advice = _advice(record, protected) if kind == states.REPAIR else None
        if request.method == "POST":
            return self._file(request, record, kind, advice)
        initial = {"dishonesty": advice.proposed} if advice else {}
        form = FilingForm(record, kind, _known(advice), initial=initial)
        return self._filing_page(request, record, kind, advice, form)

    def _may_file(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _file(self, request: HttpRequest, record: Record, kind: str, advice: Shown | None) -> HttpResponse:
        form = FilingForm(record, kind, _known(advice), request.POST)
        if form.is_valid() and not form.other_errors:
            try:
                case = file_case(
                    user=request.user,
                    kind=kind,
                    record=record,
                    applicant=form.applicant,
                    papers=form.papers(request.FILES),
                    protected_field=bool(advice and advice.protected_field),
                    **form.values,
                )
            except NotVisible:
                raise Http404 from None
            except ValidationError as error:
                form.refuse(error)
            else:
                numbers = {"number": case.number, "code": case.code}
                messages.success(
                    request,
                    _("Taken in: %(number)s. Give the applicant the progress code %(code)s.") % numbers,
                )
                return HttpResponseRedirect(self._url("change", case))
        return self._filing_page(request, record, kind, advice, form)

    def _filing_page(
        self, request: HttpRequest, record: Record, kind: str, advice: Shown | None, form: FilingForm
    ) -> HttpResponse:
        running = Case.objects.visible_to(request.user).running().filter(record=record, kind=kind).first()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Apply for repair") if kind == states.REPAIR else _("Take in an objection"),
            "opts": self.opts,
            "record": record,
            "kind": kind,
            "running": running,
            "not_shown": record.state != Record.State.PUBLISHED,
            "advice": advice,
            "form": form,
            "sections": form.sections(),
            "paper_fields": form.paper_fields(),
            "has_errors": form.is_bound,
            "files_lost": bool(request.FILES),
            "accept": ACCEPT,
            "largest": LARGEST // 1024 // 1024,
            "most": MOST,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "objections/filing.html", context)


def _advice(record: Record, protected_field: bool) -> Shown:
    try:
        advice = advise(record, protected_field)
        proposed = advice.classification
        classes = [
            told(term, proposed.because if dishonesty == proposed.dishonesty else (), timezone.localdate())
            for dishonesty, term in advice.terms.items()
        ]
    except ValidationError as error:
        return Shown([], "", protected_field, _("; ").join(error.messages))
    return Shown(classes, str(proposed.dishonesty.value), protected_field)


def _known(advice: Shown | None) -> list[str]:
    return [each.dishonesty for each in advice.classes] if advice else []
