"""The entry point of the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "credit_city.settings")

application = get_wsgi_application()

from apps.accounts.checks import refuse_unsafe  # noqa: E402 (needs the apps that the line above loads)

refuse_unsafe()
