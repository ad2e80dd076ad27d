"""Where the addresses of routing mistakes lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.routing_mistakes import mistakes_page

app_name = "routing_mistakes"

urlpatterns = [path("", admin.site.admin_view(mistakes_page.mistakes), name="list")]
