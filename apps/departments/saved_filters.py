"""Saved filters of list pages: a person's own, kept by list and name."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.sites import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from .models import SavedFilter

MOST = 20
"""Saved filters of one person on one list; more would be a list to search, not a bar."""
NOT_KEPT = {"p", "e", "all", "_changelist_filters", IS_POPUP_VAR}


def kept_query(text: str) -> str:
    """What of a list's query string is worth keeping (no page number), in one order: equal filters read the same."""
    pairs = QueryDict(text).lists()
    kept = QueryDict(mutable=True)
    for key, values in sorted(pairs):
        values = [value for value in values if value]
        if key not in NOT_KEPT and values:
            kept.setlist(key, values)
    return kept.urlencode()


def filters_of(user: Any, page: str) -> list[SavedFilter]:
    """The person's saved filters of a list (``page``: app.model)."""
    return list(SavedFilter.objects.filter(user=user, page=page).order_by("name"))


def save(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """POST page, query, name: keep the filters under the name; the same name again replaces them."""
    page, name = request.POST.get("page", ""), request.POST.get("name", "").strip()
    query = kept_query(request.POST.get("query", ""))
    address = _list_address(request, site, page)
    own = SavedFilter.objects.filter(user=_person(request), page=page)
    if not name or len(name) > 50:
        messages.error(request, _("Give the filter a name of at most 50 characters."))
    elif not query or len(query) > 2000:
        messages.error(request, _("There is nothing to save: choose filters first."))
    elif own.exclude(name=name).count() >= MOST:
        messages.error(request, _("At most %(number)d filters per list: delete one first.") % {"number": MOST})
    else:
        SavedFilter.objects.update_or_create(user=_person(request), page=page, name=name, defaults={"query": query})
        messages.success(request, _("Filter saved: %(name)s") % {"name": name})
    return HttpResponseRedirect(f"{address}?{query}")


def remove(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """POST: delete one's own filter; another person's is a 404."""
    found = get_object_or_404(SavedFilter, pk=pk, user=_person(request))
    address = _list_address(request, site, found.page)
    found.delete()
    messages.success(request, _("Filter deleted: %(name)s") % {"name": found.name})
    return HttpResponseRedirect(address)


def _list_address(request: HttpRequest, site: AdminSite, page: str) -> str:
    for model, model_admin in site._registry.items():
        if model._meta.label_lower == page and model_admin.has_view_or_change_permission(request):
            return reverse(f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_changelist")
    raise Http404


def _person(request: HttpRequest) -> Any:
    # The admin lets nobody in who is not a person of ours.
    return request.user
