"""The ASGI application: pages over HTTP, live answers over the websocket."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator, WebsocketDenier
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")

django = get_asgi_application()  # before anything that reads models

from chatsite.chat.web import urls as chat  # noqa: E402
from chatsite.inbox import socket_routes as inbox  # noqa: E402
from chatsite.runtime import python_gc  # noqa: E402

# The stubs want a type for the patterns that exists in the stubs alone.
patterns: Any = [
    *inbox.websocket_urlpatterns,
    *chat.websocket_urlpatterns,
    # Else an error of the server's, in its log.
    re_path("", WebsocketDenier.as_asgi()),  # type: ignore[arg-type]  # Channels' own kind of view
]
sockets = CookieMiddleware(URLRouter(patterns))
application = ProtocolTypeRouter(
    {
        "http": django,
        # A page of another origin would send the visitor's cookie along.
        "websocket": OriginValidator(
            sockets, [*settings.ALLOWED_HOSTS, *settings.CSRF_TRUSTED_ORIGINS]
        ),
    }
)

python_gc.settle()
