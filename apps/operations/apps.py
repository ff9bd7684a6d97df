from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """What those who run the platform look at: health, metrics, logs. It has no pages in the admin."""

    name = "apps.operations"
