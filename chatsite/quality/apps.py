from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "chatsite.quality"
    verbose_name = "Quality"
