"""Where the addresses of tests lead, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.answer_tests import pages

app_name = "answer_tests"

urlpatterns = [
    path("", admin.site.admin_view(pages.index), name="index"),
    path("sets/<int:pk>/start/", admin.site.admin_view(pages.start), name="start"),
    path("sets/<int:pk>/export/", admin.site.admin_view(pages.export), name="export"),
    path("runs/<int:pk>/", admin.site.admin_view(pages.run), name="run"),
    path("runs/<int:pk>/progress/", admin.site.admin_view(pages.progress), name="progress"),
    path("runs/<int:pk>/resume/", admin.site.admin_view(pages.resume), name="resume"),
    path("from/<int:reply>/", admin.site.admin_view(pages.add), name="add"),
    path("import/", admin.site.admin_view(pages.import_file), name="import"),
]
