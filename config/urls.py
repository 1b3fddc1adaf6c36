from django.urls import include, path

from config import health

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    path("account/", include("allauth.urls")),
    path("", include("accounts.urls")),
    path("", include("deals.urls")),
    path("", include("outreach.urls")),
]
