"""The staff app: its audit log listens to Django's own, from the start."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "chatsite.staff"

    def ready(self) -> None:
        from chatsite.staff import audit  # models are not there before

        audit.listen()
