"""Settings of the web server: ``gunicorn -c credit_city/gunicorn_conf.py`` (docs/operations.md lists the variables)."""

import os
import sys

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
# The path without the query: what people searched for is personal data and no matter of a log.
accesslog = "-"
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(M)sms'
