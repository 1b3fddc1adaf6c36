from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    """Nobody signs up: an admin invites. What allauth has to say, it says in our words."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This address and this password do not belong together. "
        "Look at both again, or choose a new password.",
        "too_many_login_attempts": "Too many tries with a wrong password. "
        "Wait five minutes and try again.",
        "account_inactive": "You were deactivated. Ask an admin of your workspace to reactivate you.",
        "enter_current_password": "This is not your password now. Type that one first.",
        "incorrect_password": "This is not your password. Try again.",
        "incorrect_code": "This code is wrong or too old. Type the one that your app shows now.",
        "rate_limited": "Too many tries. Wait a minute and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  # allauth calls it so
        return False
