"""Where the quality page's addresses lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.monitor import quality_page
from chatsite.monitor.gaps import gaps_page
from chatsite.monitor.grading import grading_page
from chatsite.monitor.people import people_page

app_name = "monitor"

urlpatterns = [
    path("", admin.site.admin_view(quality_page.quality), name="quality"),
    path("export/", admin.site.admin_view(quality_page.export), name="export"),
    path("answers/", admin.site.admin_view(quality_page.listed), name="answers"),
    path("people/", admin.site.admin_view(people_page.shown), name="people"),
    path("people/export/", admin.site.admin_view(people_page.export), name="people_export"),
    path("gaps/", admin.site.admin_view(gaps_page.missing), name="gaps"),
    path("gaps/draft/", admin.site.admin_view(gaps_page.draft), name="draft"),
    path("gaps/example/", admin.site.admin_view(gaps_page.example), name="example"),
    path("grade/", admin.site.admin_view(grading_page.grade), name="grade"),
    path("grade/save/", admin.site.admin_view(grading_page.save), name="save_grades"),
]
