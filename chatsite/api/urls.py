"""The addresses for programs, version 1, and their description as OpenAPI."""

from django.http import HttpRequest
from django.urls import path, re_path
from ninja import NinjaAPI, Schema

from chatsite.api import access, articles, contacts, conversations, errors, files
from chatsite.api.access import Bearer
from chatsite.api.errors import ERRORS

# A page for people would need scripts from elsewhere: docs/api.md is for them.
v1 = NinjaAPI(
    title="chatsite",
    version="1",
    description="Conversations, contacts and articles for programs. docs/api.md explains it.",
    urls_namespace="api",
    docs_url=None,
    auth=Bearer(),
)
errors.handle_in(v1)
v1.add_router("/conversations", conversations.router)
v1.add_router("", files.router)
v1.add_router("/contacts", contacts.router)
v1.add_router("/articles", articles.router)


class Token(Schema):
    name: str
    account: str
    permissions: list[str]


@v1.get("/token", response={200: Token, **ERRORS}, tags=["token"])
def read_token(request: HttpRequest) -> Token:
    """Whose access token this is, and what it may do."""
    used = access.token(request)
    return Token(
        name=used.name,
        account=used.account.get_username(),
        permissions=sorted(used.account.get_all_permissions()),
    )


urlpatterns = [
    path("v1/", errors.nothing_here),
    path("v1/", v1.urls),
    re_path("", errors.nothing_here),
]
