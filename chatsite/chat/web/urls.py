"""Where the customer's addresses lead, over HTTP and over the socket."""

from django.urls import path

from chatsite.chat.live.consumer import ConversationConsumer
from chatsite.chat.web import files, views

app_name = "chat"

urlpatterns = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("files/", files.upload, name="upload"),
    path("files/<uuid:public_id>/", files.file, name="file"),
    path("files/<uuid:public_id>/discard/", files.discard, name="discard"),
    path("conversations/", views.conversations, name="conversations"),
    path("c/<uuid:public_id>/", views.conversation, name="conversation"),
    path("c/<uuid:public_id>/ask/", views.post_message, name="ask"),
    path("c/<uuid:public_id>/retry/<int:reply_id>/", views.post_retry, name="retry"),
    path("c/<uuid:public_id>/stop/<int:reply_id>/", views.post_stop, name="stop"),
    path("c/<uuid:public_id>/rate/", views.post_rating, name="rate"),
    path("c/<uuid:public_id>/satisfaction/", views.post_satisfaction, name="satisfaction"),
    path("c/<uuid:public_id>/address/", views.post_address, name="address"),
    path("c/<uuid:public_id>/end/", views.post_end, name="end"),
    path("c/<uuid:public_id>/delete/", views.post_delete, name="delete"),
    path("c/<uuid:public_id>/person/", views.post_wish_for_person, name="person"),
]

websocket_urlpatterns = [
    # The stubs know path() for views only, and Channels takes it for consumers.
    path("ws/c/<uuid:public_id>/", ConversationConsumer.as_asgi())  # type: ignore[arg-type]
]
