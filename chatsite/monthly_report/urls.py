"""Where the address of the monthly report leads, within the admin."""

from django.contrib import admin
from django.urls import path

from chatsite.monthly_report import report_page

app_name = "monthly_report"

urlpatterns = [path("", admin.site.admin_view(report_page.report), name="report")]
