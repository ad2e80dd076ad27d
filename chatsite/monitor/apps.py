from django.apps import AppConfig


class MonitorConfig(AppConfig):
    name = "chatsite.monitor"
    verbose_name = "Response quality"
