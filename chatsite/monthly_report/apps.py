from django.apps import AppConfig


class MonthlyReportConfig(AppConfig):
    name = "chatsite.monthly_report"
    verbose_name = "Monthly report"
