"""URL map: the admin is the workplace; the root leads there until the portal opens."""

from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

admin.site.index_title = _("My desk")

handler400 = "apps.operations.views.not_understood"
handler500 = "apps.operations.views.failed"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("", include("apps.operations.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
]
