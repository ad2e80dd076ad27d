from django.apps import AppConfig


class RegretConfig(AppConfig):
    name = "chatsite.regret"
    verbose_name = "Routing mistakes"
