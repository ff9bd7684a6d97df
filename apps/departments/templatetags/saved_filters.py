"""The bar of saved filters above a list."""

from typing import Any

from django import template

from apps.departments.saved_filters import filters_of, kept_query

register = template.Library()


@register.inclusion_tag("departments/saved_filters.html", takes_context=True)
def saved_filters_bar(context: dict[str, Any]) -> dict[str, Any]:
    """The person's filters of this list, the one in use marked, and a field to save what is chosen now."""
    request, changelist = context["request"], context["cl"]
    page, query = changelist.opts.label_lower, kept_query(request.GET.urlencode())
    filters = filters_of(request.user, page)
    return {
        "filters": [(each, each.query == query) for each in filters],
        "page": page,
        "query": "" if any(each.query == query for each in filters) else query,
        "csrf_token": context.get("csrf_token"),
    }
