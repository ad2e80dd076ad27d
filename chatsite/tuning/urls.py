"""Where the threshold's addresses lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.tuning import trial_pages, views

app_name = "tuning"

urlpatterns = [
    path("", admin.site.admin_view(views.threshold), name="threshold"),
    path("save/", admin.site.admin_view(views.save), name="save"),
    path("try/", admin.site.admin_view(views.begin), name="try"),
    path("trial/<int:pk>/", admin.site.admin_view(trial_pages.trial), name="trial"),
    path("trial/<int:pk>/stop/", admin.site.admin_view(trial_pages.stop), name="stop"),
    path("trial/<int:pk>/adopt/", admin.site.admin_view(trial_pages.adopt), name="adopt"),
]
