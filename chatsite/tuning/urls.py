"""Where the threshold's addresses lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.tuning import question_page
from chatsite.tuning.threshold import threshold_page
from chatsite.tuning.trials import trial_page

app_name = "tuning"

urlpatterns = [
    path("", admin.site.admin_view(threshold_page.threshold), name="threshold"),
    path("save/", admin.site.admin_view(threshold_page.save), name="save"),
    path("try/", admin.site.admin_view(threshold_page.begin), name="try"),
    path("question/", admin.site.admin_view(question_page.question), name="question"),
    path("trial/<int:pk>/", admin.site.admin_view(trial_page.trial), name="trial"),
    path("trial/<int:pk>/stop/", admin.site.admin_view(trial_page.stop), name="stop"),
    path("trial/<int:pk>/adopt/", admin.site.admin_view(trial_page.adopt), name="adopt"),
]
