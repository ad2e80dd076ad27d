from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "chatsite.mail"
    label = "customer_mail"
    verbose_name = "Mail with customers"
