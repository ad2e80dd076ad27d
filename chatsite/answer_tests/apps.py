from django.apps import AppConfig


class AnswerTestsConfig(AppConfig):
    name = "chatsite.answer_tests"
    verbose_name = "Tests before launch"
