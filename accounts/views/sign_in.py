"""The sign-in page, which on an empty server says how to begin."""

from typing import Any

from allauth.account.views import LoginView

from accounts.models import User


class SignIn(LoginView):
    """allauth's sign-in, for a server on which somebody may have to be the first."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        nobody_yet = not User.objects.able_to_sign_in().exists()
        return {**super().get_context_data(**kwargs), "nobody_yet": nobody_yet}
