"""Settings of the web server: ``gunicorn -c credit_city/gunicorn_conf.py`` (docs/operations.md lists the variables)."""

import gc
import os
import shutil
import sys
from typing import Any

from credit_city import logs, postgres
from credit_city.listening import Address, demo_mode, refusal

address = Address.from_environment()
if problem := refusal(address, demo=demo_mode()):
    sys.exit(f"error: {problem}")

wsgi_app = "credit_city.wsgi:application"
bind = address.bind
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
worker_class = "gthread"
timeout = 120
graceful_timeout = 10
# The control socket would lie in the home directory; nothing here uses it.
control_socket_disable = True
# Requests are logged by the application, which knows their ids (apps/operations/middleware.py).
accesslog = None
logconfig_dict = logs.configuration(
    os.environ.get("LOG_FORMAT") or ("line" if demo_mode() else "json"), os.environ.get("LOG_LEVEL") or "INFO"
)

# The web processes add up their counters in files there.
metrics = postgres.VAR / "metrics"
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(metrics))


def on_starting(server: Any) -> None:
    """Counters begin anew with the server."""
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)


def post_worker_init(worker: Any) -> None:
    """What the application is made of stays as long as the process: the collector need not look through it anew."""
    gc.collect()
    gc.freeze()


def child_exit(server: Any, worker: Any) -> None:
    """A web process that ended is no longer counted among the living."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)
