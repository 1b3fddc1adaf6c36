"""The settings of the product, in a folder of their own and with what only tests want."""

import os
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory

# Never the developer's own database, queue or key.
folder = TemporaryDirectory(prefix="lamplighter-tests-")
os.environ |= {
    "ENV_FILE": os.devnull,
    "LAMPLIGHTER_VAR": folder.name,
    "SECRET_KEY": token_urlsafe(50),
    "DEBUG": "0",
    "BASE_URL": "http://127.0.0.1:8000",
    "METRICS_TOKEN": "",
    "SWEEP_SECONDS": "60",
    "ALLOWED_PRIVATE_TARGETS": "127.0.0.1/32",  # servers that tests start
    "LOG_LEVEL": "WARNING",
}
# A file, not memory: the web server of a browser test opens connections of its own.
os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder.name}/tests.sqlite3")

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, ON_SQLITE, STORAGES  # noqa: E402

STATIC_ROOT = Path(folder.name, "static")
STATIC_ROOT.mkdir()

if ON_SQLITE:
    DATABASES["default"]["TEST"] = {"NAME": f"{folder.name}/tests.sqlite3"}

# A page that asks the database once per row fails its test.
INSTALLED_APPS = [*INSTALLED_APPS, "zeal", "django_migration_linter"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Tests side by side share a Redis, and must not take each other's messages.
CELERY_TASK_DEFAULT_QUEUE = f"tests-{os.getpid()}"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The manifest is made by collectstatic, which tests of pages do not need.
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
