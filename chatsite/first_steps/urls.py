"""Where the first steps' addresses lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.first_steps import pages

app_name = "first_steps"

urlpatterns = [
    path("", admin.site.admin_view(pages.steps), name="list"),
    path("sample/", admin.site.admin_view(pages.remove_sample), name="remove_sample"),
    path("provider/", admin.site.admin_view(pages.test_provider), name="test_provider"),
    path("export/", admin.site.admin_view(pages.export), name="export"),
    path("import/", admin.site.admin_view(pages.import_file), name="import"),
]
