"""Where the quality page's addresses lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.monitor import grading_page, page

app_name = "monitor"

urlpatterns = [
    path("", admin.site.admin_view(page.quality), name="quality"),
    path("export/", admin.site.admin_view(page.export), name="export"),
    path("answers/", admin.site.admin_view(page.listed), name="answers"),
    path("gaps/", admin.site.admin_view(page.missing), name="gaps"),
    path("grade/", admin.site.admin_view(grading_page.grade), name="grade"),
    path("grade/save/", admin.site.admin_view(grading_page.save), name="save_grades"),
]
