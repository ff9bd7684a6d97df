from django.contrib import admin
from django.urls import path

from .admin import tuned

urlpatterns = [path("admin/", admin.site.urls), path("tuned/", tuned.urls)]
