from django.apps import AppConfig


class FirstStepsConfig(AppConfig):
    name = "chatsite.first_steps"
    verbose_name = "First steps"
