from django.apps import AppConfig


class BusinessHoursConfig(AppConfig):
    name = "chatsite.business_hours"
    verbose_name = "Business hours"
