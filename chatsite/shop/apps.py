from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "chatsite.shop"
    verbose_name = "Your shop"
