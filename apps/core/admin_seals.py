"""Admin of the sealed history: what was sealed, and whether it still is as it was. Nothing is changed here."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET
from unfold.decorators import display

from apps.audit.models import Seal, Verification
from apps.audit.seals.findings import sentence
from apps.audit.seals.publication import lines

from .admin_base import BaseAdmin


class _ReadOnlyAdmin(BaseAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Seal)
class SealAdmin(_ReadOnlyAdmin):
    list_display = ("number", "sealed_at", "rows", "short_root", "state")
    date_hierarchy = "sealed_at"
    search_fields = ("number__exact",)
    search_help_text = gettext_lazy("Number of a seal")
    fields = ("number", "sealed_at", "rows", "whole_root", "whole_previous", "published_line", "state_in_words")
    readonly_fields = ("whole_root", "whole_previous", "published_line", "state_in_words")
    change_list_template = "core/seals.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        last_check = Verification.objects.filter(first_seal__lte=OuterRef("number"), last_seal__gte=OuterRef("number"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                checked_at=Subquery(last_check.values("checked_at")[:1]), found=Subquery(last_check.values("found")[:1])
            )
        )

    @display(description=gettext_lazy("root"))
    def short_root(self, seal: Seal) -> SafeString:
        return format_html('<span class="cc-hash">{}…</span>', bytes(seal.root).hex()[:16])

    @display(description=gettext_lazy("root"))
    def whole_root(self, seal: Seal) -> SafeString:
        return _hash(bytes(seal.root).hex())

    @display(description=gettext_lazy("link to the seal before"))
    def whole_previous(self, seal: Seal) -> SafeString:
        return _hash(bytes(seal.previous).hex())

    @display(description=gettext_lazy("published line"))
    def published_line(self, seal: Seal) -> SafeString:
        return _hash(seal.line)

    @display(description=gettext_lazy("last check"), label={"intact": "success", "found": "danger", "": "default"})
    def state(self, seal: Any) -> tuple[str, str]:
        if seal.checked_at is None:
            return "", _("not yet")
        moment = timezone.localtime(seal.checked_at).strftime("%Y-%m-%d %H:%M")
        return ("found", _("findings, %s") % moment) if seal.found else ("intact", _("intact, %s") % moment)

    @display(description=gettext_lazy("last check"))
    def state_in_words(self, seal: Any) -> str:
        return self.state(seal)[1]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, {"check": Verification.objects.first(), **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_GET(self.list_view))
        return [path("published/", view, name="audit_seal_published"), *super().get_urls()]

    def list_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list as it is published, to be kept elsewhere."""
        if not self.has_view_permission(request):
            raise Http404
        return StreamingHttpResponse(
            (f"{line}\n" for line in lines()),
            content_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="seals.jsonl"'},
        )


@admin.register(Verification)
class VerificationAdmin(_ReadOnlyAdmin):
    list_display = ("checked_at", "outcome", "first_seal", "last_seal", "rows", "unsealed")
    date_hierarchy = "checked_at"
    fields = ("checked_at", "first_seal", "last_seal", "rows", "unsealed", "outcome_in_words", "in_words")
    readonly_fields = ("outcome_in_words", "in_words")

    @display(description=gettext_lazy("outcome"), label={"intact": "success", "found": "danger"})
    def outcome(self, check: Verification) -> tuple[str, str]:
        return (
            ("found", ngettext("%(count)s finding", "%(count)s findings", check.found) % {"count": check.found})
            if check.found
            else ("intact", _("intact"))
        )

    @display(description=gettext_lazy("outcome"))
    def outcome_in_words(self, check: Verification) -> str:
        return self.outcome(check)[1]

    @display(description=gettext_lazy("findings"))
    def in_words(self, check: Verification) -> Any:
        items = format_html_join("", "<li>{}</li>", ((sentence(finding),) for finding in check.findings))
        more = check.found - len(check.findings)
        return format_html(
            '<ul class="cc-tree">{}{}</ul>',
            items,
            format_html("<li>{}</li>", _("and %(count)s more: see verify_history") % {"count": more}) if more else "",
        )


def _hash(text: str) -> SafeString:
    return format_html('<span class="cc-hash">{}</span>', text)
