"""Addresses of widgets. None of them ever carries a token."""

from django.urls import path

from chatsite.widget import views

app_name = "widget"

urlpatterns = [
    path("demo/", views.demo, name="demo"),
    path("<slug:key>.js", views.loader, name="loader"),
    path("<slug:key>/", views.frame, name="frame"),
    path("<slug:key>/open/", views.open_chat, name="open"),
    path("<slug:key>/renew/", views.renew, name="renew"),
]
