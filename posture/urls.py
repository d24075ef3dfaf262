"""Every address of the product."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/agent/", include("posture.ingest.urls")),
    path("agent/", include("posture.ingest.download_urls")),
    path("", include("posture.dashboard.urls")),
]

handler403 = "posture.dashboard.views.refusals.forbidden"
