"""Where the addresses of routing mistakes lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.regret import page

app_name = "regret"

urlpatterns = [path("", admin.site.admin_view(page.mistakes), name="mistakes")]
