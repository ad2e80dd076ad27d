from django.apps import AppConfig


class RoutingMistakesConfig(AppConfig):
    name = "chatsite.routing_mistakes"
    verbose_name = "Routing mistakes"
