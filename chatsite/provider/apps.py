from django.apps import AppConfig


class ProviderConfig(AppConfig):
    name = "chatsite.provider"
