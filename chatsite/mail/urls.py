"""Where the pages of mail with customers lead."""

from django.urls import path

from chatsite.mail import pages

app_name = "mail"

urlpatterns = [
    path("c/<uuid:public_id>/transcript/", pages.post_transcript, name="transcript"),
]
