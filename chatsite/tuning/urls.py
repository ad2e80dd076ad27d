"""Where the threshold's addresses lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.tuning import views

app_name = "tuning"

urlpatterns = [
    path("", admin.site.admin_view(views.threshold), name="threshold"),
    path("save/", admin.site.admin_view(views.save), name="save"),
]
