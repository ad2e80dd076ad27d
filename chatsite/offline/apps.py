from django.apps import AppConfig


class OfflineConfig(AppConfig):
    name = "chatsite.offline"
    verbose_name = "Batches"
