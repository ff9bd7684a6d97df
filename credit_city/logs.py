"""The log: everything goes to the error stream, one line or one JSON document each (``LOG_FORMAT``)."""

from typing import Any

STYLES = ("line", "json")


def configuration(style: str, level: str) -> dict[str, Any]:
    """The configuration for ``logging.config.dictConfig``; ``style`` is one of STYLES."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request": {"()": "apps.operations.logs.RequestId"}},
        "formatters": {
            "line": {
                "()": "apps.operations.logs.LineFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
            },
            "json": {"()": "apps.operations.logs.DocumentFormatter"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "filters": ["request"], "formatter": style},
        },
        "loggers": {
            # They announce every task at every start of every command, and every trigger.
            **{
                name: {"level": "WARNING"}
                for name in ("procrastinate.blueprints", "procrastinate.periodic", "pgtrigger")
            },
            # What was refused stands in the request's own line; these would repeat it, without its id.
            "django.request": {"level": "ERROR"},
            # Their own handlers would write the same once more in another form, or send a whole request by mail.
            **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server", "gunicorn.error")},
        },
        "root": {"handlers": ["console"], "level": level},
    }
