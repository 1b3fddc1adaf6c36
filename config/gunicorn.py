"""How the web process serves, in `manage.py up` and in the image alike."""

import os
import sys

from gunicorn.arbiter import Arbiter

wsgi_app = "config.wsgi"
bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
# Browsers open connections ahead of need; a worker without threads would sit waiting on one.
worker_class = "gthread"
threads = 4
max_requests = 2000
max_requests_jitter = 200
graceful_timeout = 20
control_socket_disable = True
accesslog = None
loglevel = "warning"


def when_ready(server: Arbiter) -> None:
    sys.stdout.write(f"Lamplighter listens on {os.environ.get('BASE_URL', bind)}\n")
    sys.stdout.flush()
