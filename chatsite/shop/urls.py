"""Addresses of what pages take from the shop: its colour and its logo."""

from django.urls import re_path

from chatsite.shop import views

app_name = "shop"

urlpatterns = [
    re_path(r"^theme/(?P<accent>[0-9a-f]{6})\.css$", views.theme, name="theme"),
    re_path(r"^logo/(?P<digest>[0-9a-f]{16})\.png$", views.logo, name="logo"),
]
