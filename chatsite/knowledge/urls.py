"""The help pages' addresses."""

from django.urls import path

from chatsite.knowledge import views

app_name = "knowledge"
urlpatterns = [
    path("help/", views.index, name="index"),
    path("help/<slug:slug>/", views.article, name="article"),
]
