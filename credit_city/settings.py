"""Settings, all from the environment (docs/operations.md lists the variables).

Demo mode (``DEMO=1``) brings demo accounts and refuses to listen beyond loopback; without it every
secret must come from the environment.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from credit_city import logs, postgres, secrets

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECURE = env.bool("SECURE", default=not (DEMO or DEBUG))

SECRET_KEY = secrets.secret("SECRET_KEY", 64)
# The first key wraps new data keys, the others still open old ones (rotation).
MASTER_KEYS = secrets.master_keys()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "apps.operations",
    "apps.desk",
    "apps.objections",
    "apps.exchange",
    "apps.records",
    "apps.subjects",
    "apps.catalogue",
    "apps.letters",
    "apps.notices",
    "apps.accounts",
    "apps.departments",
    "apps.core",
    "apps.audit",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "apps.accounts.site.SiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "csp",
    "guardian",
    "import_export",
    "pgtrigger",
    "procrastinate.contrib.django",
    "simple_history",
]

MIDDLEWARE = [
    "apps.operations.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.departments.middleware.UserLanguageMiddleware",
    "apps.departments.middleware.ActingUserMiddleware",
    "apps.accounts.middleware.AccountMiddleware",
    "apps.audit.middleware.AccessLogMiddleware",
    "apps.subjects.middleware.PurposeMiddleware",
    "apps.core.middleware.UnstorableTextMiddleware",
]

ROOT_URLCONF = "credit_city.urls"
WSGI_APPLICATION = "credit_city.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Every request is one transaction, and every transaction begins with its context
# (who, why, which door): apps/audit/postgresql.
DATABASE_ROLE = env.str("DATABASE_ROLE", default="app")
DATABASES = {"default": {**postgres.database_settings(DATABASE_ROLE), "ATOMIC_REQUESTS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "departments.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.Backend"]
# Guardian keeps the grants; it is asked through apps/departments/scope.py only, never as a backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.accounts.passwords.CharacterClassesValidator"},
    {"NAME": "apps.accounts.passwords.NotUsedBeforeValidator"},
]
# How long a proposal waits for the second person.
TWO_PERSON_DAYS = env.int("TWO_PERSON_DAYS", default=7)
PASSWORD_DAYS = env.int("PASSWORD_DAYS", default=90)
PASSWORDS_REMEMBERED = 5
ONE_TIME_DAYS = 7
LOGIN_FAILURES = 5
# Behind one address a whole office may sit.
ADDRESS_FAILURES = 50
SECOND_FACTOR_REQUIRED = not DEMO
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_LONGEST_SECONDS = env.int("SESSION_LONGEST_SECONDS", default=12 * 3600)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# Rows are granted through permissions on Department rows only (apps/departments/scope.py).
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "credit_city" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# The published list of seals: whoever copies it elsewhere can tell when history was rewritten.
SEALS_FILE = Path(env.str("SEALS_FILE", default=str(VAR_DIR / "seals" / "seals.jsonl")))
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

SECURE_SSL_REDIRECT = SECURE
# Those who watch over the processes ask them directly, behind the proxy.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# Alpine, which Unfold carries, evaluates expressions; that is why 'unsafe-eval' stands here.
# Inline scripts are refused.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, "'unsafe-eval'"],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_REVERT_DISABLED = True

PROCRASTINATE_IMPORT_PATHS: list[str] = []
# Jobs that succeeded are kept so long.
JOB_DAYS = env.int("JOB_DAYS", default=30)

# Notices go out by mail; without a server they stand in the worker's log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="credit-city@localhost")
# Where people reach the site: what links in mails begin with. Without it a mail says where to look, without a link.
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{env.str('PORT', default='8000')}" if DEMO else "")
# So many days after it was read a notice is removed, and a message of a webhook after it was made.
NOTICE_DAYS = env.int("NOTICE_DAYS", default=180)
# A message to this very machine could reach what listens for nobody else.
WEBHOOKS_TO_THIS_MACHINE = DEMO or DEBUG

# Folders with fonts for characters that the letters' own fonts lack; all commonly used ones are there without.
LETTER_FONTS = env.list("LETTER_FONTS", default=[])

LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEMO or DEBUG else "json")
LOGGING = logs.configuration(LOG_FORMAT, env.str("LOG_LEVEL", default="INFO"))

# Whoever shows it may read /metrics; without one the page does not exist.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

UNFOLD = {
    "SITE_TITLE": _("Credit City"),
    "SITE_HEADER": _("Credit City"),
    "SITE_SYMBOL": "verified_user",
    "PUBLIC_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("desk/favicon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "COLORS": {
        "primary": {
            "50": "rgb(239 246 255)",
            "100": "rgb(219 234 254)",
            "200": "rgb(191 219 254)",
            "300": "rgb(147 197 253)",
            "400": "rgb(96 165 250)",
            "500": "rgb(59 130 246)",
            "600": "rgb(37 99 235)",
            "700": "rgb(29 78 216)",
            "800": "rgb(30 64 175)",
            "900": "rgb(30 58 138)",
            "950": "rgb(23 37 84)",
        },
    },
    "STYLES": [lambda request: static("core/admin.css")],
    "ACCOUNT": {
        "navigation": [
            {"title": _("My account"), "link": reverse_lazy("admin:account")},
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
        ]
    },
    "DASHBOARD_CALLBACK": "apps.desk.dashboard.dashboard",
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "apps.desk.navigation.sidebar"},
}
