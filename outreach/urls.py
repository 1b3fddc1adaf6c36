from django.urls import path

from outreach.views import today

app_name = "outreach"
urlpatterns = [
    path("", today.page, name="today"),
    path("heartbeat/", today.beat, name="heartbeat"),
]
