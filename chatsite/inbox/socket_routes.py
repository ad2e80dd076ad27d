"""Where the inbox's socket is. Apart from the pages, which need the admin."""

from channels.auth import AuthMiddlewareStack
from django.urls import path

from chatsite.inbox.consumer import InboxConsumer

websocket_urlpatterns = [
    path("ws/inbox/", AuthMiddlewareStack(InboxConsumer.as_asgi())),  # type: ignore[arg-type]
]
