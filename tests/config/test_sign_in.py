import pytest
from django.test import Client


def test_a_page_that_says_nothing_about_it_needs_a_sign_in(client: Client):
    response = client.get("/account/password/change/?a=b")

    assert (response.status_code, response["Location"]) == (
        302,
        "/account/login/?next=/account/password/change/%3Fa%3Db",
    )


def test_an_expired_sign_in_sends_the_whole_page_there_and_back(client: Client):
    response = client.get(
        "/account/password/change/",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/deals/?stage=2#top"},
    )

    assert (response.status_code, response["HX-Redirect"]) == (
        200,
        "/account/login/?next=%2Fdeals%2F%3Fstage%3D2",
    )


@pytest.mark.django_db
def test_nobody_signs_up_uninvited(client: Client, django_user_model):
    client.post(
        "/account/signup/",
        {"email": "new@example.org", "password1": "long-enough-42", "password2": "long-enough-42"},
    )

    assert django_user_model.objects.count() == 0


def test_every_answer_forbids_foreign_and_inline_code(client: Client):
    policy = client.get("/health/live")["Content-Security-Policy"]

    assert sorted(policy.split("; ")) == [
        "base-uri 'none'",
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
    ]
