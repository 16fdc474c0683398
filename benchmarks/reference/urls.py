"""All addresses of the reference project."""

from django.urls import path

from benchmarks.reference import views

urlpatterns = [
    path("nothing", views.nothing),
    path("verify-and-insert", views.verify_and_insert),
    path("naive/callbacks", views.naive_callback),
    path("naive/<str:conversation_id>/messages", views.naive_message),
]
