from typing import Any

from django import template

from apps.notices.models import Notice

register = template.Library()
COUNTED = 99


@register.inclusion_tag("notices/bell.html", takes_context=True)
def bell(context: Any) -> dict[str, Any]:
    """The bell of the page's header with the number of the person's unread notices, counted up to COUNTED."""
    user = context["request"].user
    if not user.has_perm("notices.view_notice"):
        return {}
    number = Notice.objects.visible_to(user).unread().order_by()[: COUNTED + 1].count()
    return {"shown": True, "number": number, "text": f"{COUNTED}+" if number > COUNTED else str(number)}
