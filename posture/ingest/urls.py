"""The addresses of the agents' calls."""

from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from posture.ingest.views import (
    CheckInView,
    EnrolView,
    HelloView,
    PassagesView,
    RotateView,
    SnapshotView,
    nothing_here,
)

urlpatterns: list[URLPattern] = [
    path("enrol", EnrolView.as_view()),
    path("check-in", CheckInView.as_view()),
    path("snapshots", SnapshotView.as_view()),
    path("passages", PassagesView.as_view()),
    path("hello", HelloView.as_view()),
    path("rotate", RotateView.as_view()),
    path("<path:rest>", csrf_exempt(nothing_here)),
]
