from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views.sign_in import SignIn
from config import api, health

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", health.metrics, name="metrics"),
    path("account/login/", SignIn.as_view(), name="account_login"),
    # an address is given by an admin: docs/decisions/020-invitations.md
    path("account/email/", RedirectView.as_view(pattern_name="accounts:profile")),
    path("account/", include("allauth.urls")),
    path("api/v1/", api.urls),
    path("", include("accounts.urls")),
    path("", include("deals.urls")),
    path("", include("outreach.urls")),
]
