"""Addresses of the demonstration's mail."""

from django.urls import path

from doorward.demo.mail import views

urlpatterns = [
    path("demo/mail/", views.list_, name="demo_mail"),
    path("demo/mail/<str:name>/", views.show, name="demo_mail_message"),
    path("demo/mail/<str:name>/html/", views.show_html, name="demo_mail_html"),
]
