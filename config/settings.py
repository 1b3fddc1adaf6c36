"""All settings, from the environment (.env.example says each in a line).

Two ways to run, chosen by DATABASE_URL and CELERY_BROKER_URL alone: embedded (SQLite and a
broker of files, both in `var/`) and server (PostgreSQL, Redis). docs/decisions/ has the reasons.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.databases import database
from config.embedded import broker_of_files, kept_secret_key, writable_folder
from config.keys import field_keys
from config.logs import logging_setup
from config.schedule import beat
from config.targets import private_targets

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(env("ENV_FILE", default=str(BASE_DIR / ".env")))

# --- Embedded or server ---------------------------------------------------------------------

VAR = Path(env("LAMPLIGHTER_VAR", default=str(BASE_DIR / "var"))).expanduser().absolute()
DATABASE_URL = env("DATABASE_URL", default="")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="") or "filesystem://localhost"

ON_SQLITE = not DATABASE_URL or DATABASE_URL.startswith("sqlite")
ON_FILE_BROKER = CELERY_BROKER_URL.startswith("filesystem:")
EMBEDDED = ON_SQLITE and ON_FILE_BROKER

if ON_SQLITE or ON_FILE_BROKER:
    writable_folder(VAR)

# --- Keys and addresses ---------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="")

# Whoever says DEBUG=0 or names a server is in production, where a key that others may know,
# or that every container makes for itself, is a hole. See docs/decisions/003-embedded-or-server.md.
SHORTEST_KEY = 32
IN_PRODUCTION = not DEBUG and (not EMBEDDED or "DEBUG" in os.environ)
if IN_PRODUCTION and (
    len(SECRET_KEY) < SHORTEST_KEY or SECRET_KEY.startswith(("change-me", "django-insecure"))
):
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, too short or the example's. Set one of your own and keep it: "
        "SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))')"
    )
if not SECRET_KEY:
    SECRET_KEY = kept_secret_key(writable_folder(VAR) / "secret_key")

FIELD_KEYS = field_keys(env.list("FIELD_KEYS", default=[]), SECRET_KEY)

BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ON_HTTPS = BASE_URL.startswith("https://")
# The machine's own names are always welcome: health checks come that way.
ALLOWED_HOSTS = [
    *(env.list("ALLOWED_HOSTS", default=[]) or [urlsplit(BASE_URL).hostname or "localhost"]),
    "localhost",
    "127.0.0.1",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [BASE_URL]

# --- Apps and the way of a request ----------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "outreach",
    "deals",
    "contacts",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "template_partials",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.VariesByHtmx",
    "config.middleware.SignInRequired",
    "accounts.middleware.ReaderTimeZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "outreach.context.rail",
            ],
        },
    }
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database -------------------------------------------------------------------------------

DATABASES = {
    "default": database(
        env.db_url_config(DATABASE_URL or f"sqlite:///{VAR}/lamplighter.sqlite3"),
        on_sqlite=ON_SQLITE,
        is_web=os.environ.get("LAMPLIGHTER_PROCESS") == "web",
    )
}

# --- Cache and sessions: shared by all processes, so that a sign-out holds in each -----------

if CELERY_BROKER_URL.startswith(("redis:", "rediss:")):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CELERY_BROKER_URL,
            "KEY_PREFIX": "lamplighter",
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": VAR / "cache",
        }
    }
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_NAME = "lamplighter_session"
CSRF_COOKIE_NAME = "lamplighter_csrf"

# --- Worker and beat ------------------------------------------------------------------------

SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=60)
# A little under a minute, so that within one a reply has ended its silence.
READ_SECONDS = env.int("READ_SECONDS", default=50)
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Longer than any task may run: a message comes back only when its worker is really gone.
VISIBILITY_SECONDS = 600
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_SECONDS
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {"visibility_timeout": VISIBILITY_SECONDS}
if ON_FILE_BROKER:
    CELERY_BROKER_TRANSPORT_OPTIONS |= broker_of_files(VAR / "broker")
CELERY_BEAT_SCHEDULE = beat(SWEEP_SECONDS, READ_SECONDS)

# --- Sign-in --------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
CHECKS = ("UserAttributeSimilarity", "MinimumLength", "CommonPassword")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{check}Validator"} for check in CHECKS
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.adapter.InvitedOnly"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation that was followed has shown the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # or anyone could have us write to anyone
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Wrong passwords: by address, so that many machines gain nothing; and by machine.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
# How many proxies of ours name the client before us: others could name anyone.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Lamplighter"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not ON_HTTPS

# --- Mail -----------------------------------------------------------------------------------

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Lamplighter <lamplighter@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Under which names the servers before the capture address and the provider's webhook report what
# they found out about a sender (RFC 8601); a mailbox that is read names its own.
MAIL_AUTHORITIES = env.list("MAIL_AUTHORITIES", default=[])
# By what a mail provider proves itself: ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY and so on.
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_")
}

# --- Addresses that people name: webhooks, published calendars -------------------------------

# Only the public internet is spoken with, and what is named here. See outreach/targets.py.
ALLOWED_PRIVATE_TARGETS = private_targets(env.list("ALLOWED_PRIVATE_TARGETS", default=[]))

# --- Static files ---------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static" if EMBEDDED else BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- What browsers may do -------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the QR code of the second factor
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "upgrade-insecure-requests": ON_HTTPS,
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = ON_HTTPS
CSRF_COOKIE_SECURE = ON_HTTPS
SECURE_SSL_REDIRECT = ON_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if ON_HTTPS else 0
# Its subdomains and the browsers' preload list are the domain owner's to promise, in the proxy.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- What programs may do ---------------------------------------------------------------------

# For each token, all at once or spread over the minute.
API_CALLS_PER_MINUTE = env.int("API_CALLS_PER_MINUTE", default=300)

# --- Watching it ----------------------------------------------------------------------------

METRICS_TOKEN = env("METRICS_TOKEN", default="")
LOGGING_CONFIG = None
logging_setup(as_json=not EMBEDDED, level=env("LOG_LEVEL", default="INFO"))
