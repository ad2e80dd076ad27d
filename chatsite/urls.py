"""Where each address leads."""

import django_stubs_ext
from django.contrib import admin
from django.urls import include, path

# So that `ModelAdmin[Message]` means at run time what it means to the type checker.
django_stubs_ext.monkeypatch()
admin.autodiscover()

urlpatterns = [
    path("admin/threshold/", include("chatsite.tuning.urls")),
    path("admin/", admin.site.urls),
    path("help/", include("chatsite.knowledge.urls")),
    path("", include("chatsite.chat.web.urls")),
]
