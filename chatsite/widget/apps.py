from django.apps import AppConfig


class WidgetConfig(AppConfig):
    name = "chatsite.widget"
    verbose_name = "Widget"
