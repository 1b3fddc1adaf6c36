from django.urls import path

from outreach.views import templates, today

app_name = "outreach"
urlpatterns = [
    path("", today.page, name="today"),
    path("heartbeat/", today.beat, name="heartbeat"),
    # The words that drafts begin with
    path("settings/templates/", templates.index, name="templates"),
    path("settings/templates/<int:pk>/", templates.edit, name="template"),
    path("settings/templates/<int:pk>/shipped/", templates.shipped, name="template-shipped"),
]
