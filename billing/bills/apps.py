from django.apps import AppConfig


class BillsConfig(AppConfig):
    name = "billing.bills"
    label = "bills"
    verbose_name = "Provider's bill"
