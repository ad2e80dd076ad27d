from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "billing.alerts"
    label = "alerts"
