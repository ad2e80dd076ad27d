"""Who may do what: every address of the site, and who it answers with more than a refusal.

`test_access.py` fails for an address that is not entered here. A table of the admin's own pages of
a model follows from the roles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from chatsite.staff import roles

ANONYMOUS, CUSTOMER, OTHER = "anonymous", "the customer", "another customer"
ACCOUNT, NEWCOMER = "account of nobody's staff", "staff without a role"
STAFF, OPERATOR, OWNER = "staff", "operator", "owner"
WHO = (ANONYMOUS, CUSTOMER, OTHER, ACCOUNT, NEWCOMER, STAFF, OPERATOR, OWNER)

Who = frozenset[str]
EVERYBODY: Who = frozenset(WHO)
HOLDER: Who = frozenset({CUSTOMER})  # of the conversation
ACCOUNTS: Who = frozenset(WHO[3:])
MEMBERS: Who = frozenset(WHO[4:])  # of the staff, whatever their role
DESK: Who = frozenset(WHO[5:])
OPERATORS: Who = frozenset(WHO[6:])
OWNERS: Who = frozenset(WHO[7:])
NOBODY: Who = frozenset()

# By route: who may GET, who may POST. NOBODY where the method is not allowed.
ROUTES: dict[str, tuple[Who, Who]] = {
    "healthz": (EVERYBODY, NOBODY),
    "readyz": (EVERYBODY, NOBODY),
    "metrics": (NOBODY, NOBODY),
    "admin/response-quality/": (DESK, NOBODY),
    "admin/response-quality/export/": (DESK, NOBODY),
    "admin/response-quality/answers/": (DESK, NOBODY),
    "admin/response-quality/people/": (DESK, NOBODY),
    "admin/response-quality/people/export/": (DESK, NOBODY),
    "admin/response-quality/gaps/": (DESK, NOBODY),
    "admin/response-quality/gaps/draft/": (NOBODY, OPERATORS),
    "admin/response-quality/gaps/example/": (NOBODY, OPERATORS),
    "admin/response-quality/grade/": (DESK, NOBODY),
    "admin/response-quality/grade/save/": (NOBODY, DESK),
    "admin/routing-mistakes/": (DESK, NOBODY),
    "admin/monthly-report/": (DESK, NOBODY),
    "admin/tests/": (DESK, NOBODY),
    "admin/tests/sets/<int:pk>/start/": (NOBODY, OPERATORS),
    "admin/tests/sets/<int:pk>/export/": (DESK, NOBODY),
    "admin/tests/runs/<int:pk>/": (DESK, NOBODY),
    "admin/tests/runs/<int:pk>/progress/": (DESK, NOBODY),
    "admin/tests/runs/<int:pk>/resume/": (NOBODY, OPERATORS),
    "admin/tests/from/<int:reply>/": (NOBODY, DESK),
    "admin/tests/import/": (NOBODY, DESK),
    "admin/threshold/": (DESK, NOBODY),
    "admin/threshold/save/": (NOBODY, OPERATORS),
    "admin/threshold/try/": (NOBODY, OPERATORS),
    "admin/threshold/question/": (OPERATORS, OPERATORS),
    "admin/threshold/trial/<int:pk>/": (OPERATORS, NOBODY),
    "admin/threshold/trial/<int:pk>/stop/": (NOBODY, OPERATORS),
    "admin/threshold/trial/<int:pk>/adopt/": (NOBODY, OPERATORS),
    "admin/first-steps/": (OPERATORS, NOBODY),
    "admin/first-steps/sample/": (OPERATORS, OPERATORS),
    "admin/first-steps/provider/": (NOBODY, OPERATORS),
    "admin/first-steps/export/": (OPERATORS, NOBODY),
    "admin/first-steps/import/": (NOBODY, OPERATORS),
    "admin/login/": (EVERYBODY - {ACCOUNT}, EVERYBODY - {ACCOUNT}),
    "admin/account/login/": (EVERYBODY, EVERYBODY),
    "admin/account/logout/": (ACCOUNTS, ACCOUNTS),
    "admin/account/inactive/": (EVERYBODY, NOBODY),
    "admin/account/signup/": (EVERYBODY, EVERYBODY),
    "admin/account/reauthenticate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/reauthenticate/code/": (ACCOUNTS, ACCOUNTS),
    "admin/account/reauthenticate/code/confirm/": (ACCOUNTS, ACCOUNTS),
    "admin/account/email/": (ACCOUNTS, ACCOUNTS),
    "admin/account/confirm-email/": (EVERYBODY, NOBODY),
    "admin/account/password/change/": (ACCOUNTS, ACCOUNTS),
    "admin/account/password/set/": (ACCOUNTS, ACCOUNTS),
    "admin/account/password/reset/": (EVERYBODY, EVERYBODY),
    "admin/account/login/code/confirm/": (ACCOUNTS, ACCOUNTS),
    r"admin/account/confirm-email/(?P<key>[-:\w]+)/": (EVERYBODY, EVERYBODY),
    "admin/account/password/reset/key/done/": (EVERYBODY, NOBODY),
    "admin/account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/": (
        EVERYBODY,
        EVERYBODY,
    ),
    "admin/account/password/reset/done/": (EVERYBODY, NOBODY),
    "admin/account/2fa/": (ACCOUNTS, NOBODY),
    "admin/account/2fa/authenticate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/reauthenticate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/totp/activate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/totp/deactivate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/recovery-codes/": (ACCOUNTS, NOBODY),
    "admin/account/2fa/recovery-codes/generate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/recovery-codes/download/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/webauthn/": (ACCOUNTS, NOBODY),
    "admin/account/2fa/webauthn/add/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/webauthn/reauthenticate/": (ACCOUNTS, ACCOUNTS),
    "admin/account/2fa/webauthn/keys/<int:pk>/remove/": (MEMBERS, MEMBERS),
    "admin/account/2fa/webauthn/keys/<int:pk>/edit/": (MEMBERS, MEMBERS),
    "admin/account/2fa/webauthn/login/": (ACCOUNTS, ACCOUNTS),
    "admin/account/sessions/": (ACCOUNTS, ACCOUNTS),
    "admin/": (MEMBERS, MEMBERS),
    "admin/logout/": (NOBODY, EVERYBODY),
    "admin/password_change/": (MEMBERS, MEMBERS),
    "admin/password_change/done/": (MEMBERS, NOBODY),
    "admin/autocomplete/": (NOBODY, NOBODY),
    "admin/jsi18n/": (MEMBERS, NOBODY),
    "admin/r/<path:content_type_id>/<path:object_id>/": (MEMBERS, MEMBERS),
    "admin/chat/conversation/export/": (DESK, DESK),
    "admin/chat/conversation/<int:conversation_id>/data/": (OPERATORS, OPERATORS),
    "admin/chat/conversation/<int:conversation_id>/erase/": (OPERATORS, OPERATORS),
    "admin/chat/conversation/<int:conversation_id>/transcript/": (DESK, DESK),
    "admin/chat/conversation/<int:conversation_id>/take/": (DESK, DESK),
    "admin/chat/conversation/<int:conversation_id>/say/": (DESK, DESK),
    "admin/chat/conversation/<int:conversation_id>/hand-back/": (DESK, DESK),
    "admin/routing/policy/<int:pk>/return/": (NOBODY, OPERATORS),
    "admin/routing/hazard/try/": (DESK, DESK),
    "admin/routing/tasktype/try/": (DESK, DESK),
    "admin/auth/user/<id>/password/": (OWNERS, OWNERS),
    "admin/shop/shop/preview/": (NOBODY, OPERATORS),
    "admin/knowledge/article/question/": (DESK, DESK),
    "admin/knowledge/article/preview/": (NOBODY, OPERATORS),
    "admin/knowledge/article/<int:article_id>/history/<int:number>/restore/": (NOBODY, OPERATORS),
    "admin/knowledge/article/import/": (OPERATORS, OPERATORS),
    "admin/knowledge/article/import/<int:import_id>/": (OPERATORS, NOBODY),
    "admin/provider/providermodel/adopt/": (NOBODY, OPERATORS),
    "admin/quality/proposal/<int:pk>/accept/": (NOBODY, OPERATORS),
    "admin/quality/proposal/<int:pk>/reject/": (NOBODY, OPERATORS),
    "admin/quality/rubric/<int:pk>/return/": (NOBODY, OPERATORS),
    "admin/billing/budget/preview/": (DESK, DESK),
    "admin/billing/budget/<int:budget_id>/lasting/": (DESK, DESK),
    "admin/billing/budget/<int:budget_id>/stop/": (NOBODY, OPERATORS),
    "admin/billing/ledgerentry/costs/": (DESK, NOBODY),
    "admin/billing/ledgerentry/costs/export/": (DESK, NOBODY),
    "admin/billing/ledgerentry/costs/visitors/": (DESK, NOBODY),
    "admin/billing/ledgerentry/costs/visitors/export/": (DESK, NOBODY),
    "admin/billing/ledgerentry/export/": (DESK, DESK),
    "admin/alerts/alert/test/": (NOBODY, OPERATORS),
    "admin/alerts/alert/<int:alert_id>/acknowledge/": (NOBODY, DESK),
    "admin/(?P<app_label>)/": (MEMBERS, MEMBERS),
    "admin/(?P<url>.*)": (MEMBERS, MEMBERS),
    "inbox/": (DESK, NOBODY),
    "inbox/queue/": (DESK, NOBODY),
    "inbox/canned/": (DESK, NOBODY),
    "inbox/view/": (NOBODY, DESK),
    "inbox/preview/": (NOBODY, DESK),
    "inbox/files/<uuid:public_id>/": (DESK, NOBODY),
    "inbox/<int:conversation_id>/": (DESK, NOBODY),
    "inbox/<int:conversation_id>/live/": (DESK, NOBODY),
    "inbox/<int:conversation_id>/reply/": (NOBODY, DESK),
    "inbox/<int:conversation_id>/draft/": (NOBODY, DESK),
    "inbox/<int:conversation_id>/draft/<int:draft_id>/": (DESK, NOBODY),
    "inbox/<int:conversation_id>/summary/": (DESK, NOBODY),
    "inbox/<int:conversation_id>/tag/": (NOBODY, DESK),
    "inbox/<int:conversation_id>/note/": (NOBODY, DESK),
    "inbox/<int:conversation_id>/<slug:verb>/": (NOBODY, DESK),
    r"theme/(?P<accent>[0-9a-f]{6})\.css": (EVERYBODY, NOBODY),
    r"logo/(?P<digest>[0-9a-f]{16})\.png": (EVERYBODY, NOBODY),
    "widget/demo/": (EVERYBODY, NOBODY),
    "widget/<slug:key>.js": (EVERYBODY, NOBODY),
    "widget/<slug:key>/": (EVERYBODY, NOBODY),
    "widget/<slug:key>/open/": (NOBODY, EVERYBODY),
    "widget/<slug:key>/renew/": (NOBODY, EVERYBODY),
    "api/v1/": (EVERYBODY, EVERYBODY),
    "api/v1/openapi.json": (EVERYBODY, EVERYBODY),
    "api/": (EVERYBODY, EVERYBODY),
    "help/": (EVERYBODY, NOBODY),
    "help/<slug:slug>/": (EVERYBODY, NOBODY),
    "": (EVERYBODY, NOBODY),
    "new/": (EVERYBODY, NOBODY),
    "files/": (NOBODY, EVERYBODY),
    "files/<uuid:public_id>/": (HOLDER, NOBODY),
    "files/<uuid:public_id>/discard/": (NOBODY, EVERYBODY),
    "conversations/": (EVERYBODY, NOBODY),
    "c/<uuid:public_id>/": (HOLDER, NOBODY),
    "c/<uuid:public_id>/ask/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/retry/<int:reply_id>/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/stop/<int:reply_id>/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/rate/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/satisfaction/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/address/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/transcript/": (NOBODY, HOLDER),
    "c/<uuid:public_id>/end/": (NOBODY, EVERYBODY),
    "c/<uuid:public_id>/delete/": (NOBODY, EVERYBODY),
    "c/<uuid:public_id>/person/": (NOBODY, HOLDER),
}

# The one row that there is, whose page then says who may.
ROUTES["admin/summaries/summarising/"] = (MEMBERS, MEMBERS)

# Of the interface for programs: by method, those whose token may. A cookie opens nothing there.
PROGRAMS: dict[str, dict[str, Who]] = {
    "token": {"GET": ACCOUNTS},
    "conversations": {"GET": DESK, "POST": OPERATORS},
    "conversations/<uuidstr:public_id>": {"GET": DESK},
    "conversations/<uuidstr:public_id>/messages": {"POST": OPERATORS},
    "conversations/<uuidstr:public_id>/staff-messages": {"POST": DESK},
    "conversations/<uuidstr:public_id>/files": {"POST": OPERATORS},
    "conversations/<uuidstr:public_id>/staff-files": {"POST": DESK},
    "files/<uuidstr:public_id>": {"GET": DESK},
    "conversations/<uuidstr:public_id>/take-over": {"POST": DESK},
    "conversations/<uuidstr:public_id>/assign": {"POST": DESK},
    "conversations/<uuidstr:public_id>/hand-back": {"POST": DESK},
    "conversations/<uuidstr:public_id>/resolve": {"POST": DESK},
    "conversations/<uuidstr:public_id>/reopen": {"POST": DESK},
    "conversations/<uuidstr:public_id>/ask-for-person": {"POST": OPERATORS},
    "conversations/<uuidstr:public_id>/satisfaction": {"POST": OPERATORS},
    "conversations/<uuidstr:public_id>/end": {"POST": OPERATORS},
    "contacts": {"GET": DESK},
    "contacts/<int:contact_id>": {"GET": DESK},
    "articles": {"GET": DESK, "POST": OPERATORS},
    "articles/<int:article_id>": {"GET": DESK, "PATCH": OPERATORS},
}

# Of sockets: who is let in. The others are told so, and nothing that they send is read.
SOCKETS: dict[str, Who] = {"ws/c/<uuid:public_id>/": HOLDER, "ws/inbox/": DESK}

# What nobody does by hand, the owner neither: rows that code writes, and versions that stay.
REFUSED = {
    "add": {
        *("alerts.alert", "alerts.delivery", "billing.budgetperiod", "billing.ledgerentry"),
        *("billing.pacingchange", "bills.billedday", "chat.conversation", "chat.savedanswer"),
        *("customer_mail.receivedmail", "customer_mail.sentanswer", "customer_mail.transcript"),
        *("inbox.notice", "offline.batch", "quality.proposal", "quality.qualitylabel"),
        *("routing.answercheck", "routing.routedecision", "routing.trial", "staff.auditentry"),
        "summaries.summarising",
        *("webhooks.eventdelivery", "widget.customer"),
    },
    "change": {
        *("alerts.alert", "alerts.delivery", "billing.budgetperiod", "billing.ledgerentry"),
        *("billing.pacingchange", "billing.price", "bills.billedday", "chat.conversation"),
        *("chat.savedanswer", "customer_mail.receivedmail", "customer_mail.sentanswer"),
        *(
            "customer_mail.transcript",
            "inbox.notice",
            "offline.batch",
            "quality.proposal",
            "quality.qualitylabel",
        ),
        *("quality.rubric", "routing.answercheck", "routing.policy", "routing.routedecision"),
        "routing.trial",
        *("staff.auditentry", "webhooks.eventdelivery", "widget.customer"),
    },
    "delete": {
        *("alerts.alert", "alerts.delivery", "billing.budgetperiod", "billing.ledgerentry"),
        *("billing.pacingchange", "bills.billedday", "customer_mail.receivedmail"),
        *("customer_mail.sentanswer", "customer_mail.transcript", "inbox.notice"),
        *("offline.batch", "provider.providermodel"),
        *("quality.proposal", "quality.qualitylabel", "quality.rubric", "routing.answercheck"),
        "routing.policy",
        *("routing.routedecision", "routing.trial", "shop.shop", "staff.auditentry"),
        *("summaries.summarising", "webhooks.eventdelivery"),
    },
}

_OF_A_MODEL = re.compile(
    r"admin/(\w+)/(\w+)/(add/|<path:object_id>/(?:(history|delete|change)/)?)?"
)
_NAMED = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


@dataclass(frozen=True, slots=True)
class Cell:
    method: str
    route: str
    who: str
    may: bool


def routes() -> list[str]:
    """Every route as one text, in the resolver's order, each once."""
    return list(dict.fromkeys(_routes(get_resolver())))


def _routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern).lstrip("^").removesuffix("$").removesuffix(r"\Z")
        # Which apps there are does not make another address of it.
        route = re.sub(r"\(\?P<app_label>[^)]*\)", "(?P<app_label>)", route)
        if isinstance(each, URLResolver):
            yield from _routes(each, route)
        elif isinstance(each, URLPattern):
            yield route


def expected(route: str) -> tuple[Who, Who] | None:
    """Who may GET it and who may POST, by session or cookie; None where nobody has said."""
    if route in ROUTES:
        return ROUTES[route]
    if route.removeprefix("api/v1/") in PROGRAMS:
        return NOBODY, NOBODY
    if (found := _OF_A_MODEL.fullmatch(route)) and f"{found[1]}.{found[2]}" in _models():
        return _of_a_model(f"{found[1]}.{found[2]}", found[4] or found[3] or "list")
    return None


@cache
def _models() -> frozenset[str]:
    return frozenset(model._meta.label_lower for model in admin.site._registry)


def _of_a_model(model: str, page: str) -> tuple[Who, Who]:
    """The admin's pages of a model by the rights that the roles have."""
    seen = _with(model, "view") | _with(model, "change")
    match page.rstrip("/"):
        case "add":
            return _with(model, "add"), _with(model, "add")
        case "delete":
            return _with(model, "delete"), _with(model, "delete")
        case "change":
            return seen, _with(model, "change")
        case "list" | "history":
            return seen, seen
        case _:  # Leads to "change".
            return MEMBERS, MEMBERS


def _with(model: str, verb: str) -> Who:
    if model in REFUSED.get(verb, ()):
        return NOBODY
    app, _, name = model.partition(".")
    right = f"{app}.{verb}_{name}"
    return OWNERS | {
        who
        for who, role in ((STAFF, roles.STAFF), (OPERATOR, roles.OPERATORS))
        if right in roles.PERMISSIONS[role]
    }


def address(route: str, values: dict[str, str]) -> str:
    """With these values of what is named in it, and 1 for any other."""
    filled = _NAMED.sub(lambda named: values.get(named[1], "1"), route)
    filled = re.sub(r"<(?:\w+:)?(\w+)>", lambda converter: values.get(converter[1], "1"), filled)
    return "/" + filled.replace("\\", "")


def is_refused(status: int, to: str) -> bool:
    """It says no, or nothing at all: not even whether there is such a row. `to`: where it leads."""
    if status in {301, 302}:
        # The admin's index says the same of rows that are not there.
        refusals = {reverse("admin:login"), reverse("account_login"), reverse("admin:index")}
        return to.split("?")[0] in refusals
    return status in {401, 403, 404, 405}


def cells() -> Iterator[Cell]:
    """Every address by GET and by POST, for everybody with a browser."""
    for route in routes():
        for method, may in zip(("GET", "POST"), expected(route) or (NOBODY, NOBODY), strict=True):
            yield from (Cell(method, route, who, who in may) for who in WHO)


def boundary() -> Iterator[Cell]:
    """Of those who are refused at an address, a stranger and whoever may the most elsewhere."""
    for route in routes():
        for method, may in zip(("GET", "POST"), expected(route) or (NOBODY, NOBODY), strict=True):
            refused = [who for who in WHO if who not in may]
            for who in dict.fromkeys((refused[:1] if may else []) + refused[-1:]):
                yield Cell(method, route, who, may=False)


def cells_of_programs() -> Iterator[Cell]:
    for route, by_method in PROGRAMS.items():
        for method, may in by_method.items():
            yield from (Cell(method, f"api/v1/{route}", who, who in may) for who in WHO[3:])
