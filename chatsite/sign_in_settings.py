"""How staff sign in: `settings` takes all of it."""

from chatsite import env
from chatsite.product_settings import BEHIND_HTTPS, SITE_NAME

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "chatsite.staff.sign_in.Adapter"
ACCOUNT_FORMS = {"login": "chatsite.staff.sign_in.Form"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
# The adapter limits wrong passwords. A limit on all posts of an address would keep its owner out.
ACCOUNT_RATE_LIMITS = {"login": None}
# A forgotten password is mailed to who has an account; nobody can have us write to strangers.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Everybody in the admin adds a second factor before anything else.
SECOND_FACTOR_REQUIRED = env.flag("SECOND_FACTOR_REQUIRED")
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_HTTPS  # on localhost

# Single sign-on of staff, where it is set: the issuer's address, from which the rest is read.
OPENID_CONNECT_URL = env.url("OPENID_CONNECT_URL", "", {"http", "https"})
OPENID_CONNECT_NAME = env.text("OPENID_CONNECT_NAME", "your organisation")
# A role of staff/roles.py for whoever comes so and has no account yet; blank: nobody else comes in.
OPENID_CONNECT_ROLE = env.choice("OPENID_CONNECT_ROLE", "", "staff", "operators")
SINGLE_SIGN_ON_APPS: list[str] = []
if OPENID_CONNECT_URL:
    SINGLE_SIGN_ON_APPS = [
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ]
    SOCIALACCOUNT_ADAPTER = "chatsite.staff.single_sign_on.Adapter"
    SOCIALACCOUNT_LOGIN_ON_GET = True
    SOCIALACCOUNT_STORE_TOKENS = False
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": OPENID_CONNECT_NAME,
                    "client_id": env.text("OPENID_CONNECT_CLIENT_ID"),
                    "secret": env.secret("OPENID_CONNECT_SECRET"),
                    "settings": {"server_url": OPENID_CONNECT_URL},
                }
            ],
        }
    }
