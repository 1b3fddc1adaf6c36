"""The page of templates: everyone reads, admins edit."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from outreach.fields import known_fields
from outreach.models import Template

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def template(workspace: object) -> Template:
    return Template.objects.get(
        play="refocus", channel="email", language="en", reason="", variant=0
    )


@pytest.fixture
def url(template: Template) -> str:
    return f"/settings/templates/{template.pk}/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_everyone_reads_the_templates_but_only_admins_find_a_form(
    ines: User, ada: User, url: str
) -> None:
    assert signed_in(ines).get("/settings/templates/").status_code == 200
    page = signed_in(ines).get(url)
    assert b"<textarea" not in page.content
    assert b"Hello Mara," in page.content
    assert b"<textarea" in signed_in(ada).get(url).content


def test_a_rep_cannot_change_the_words(ines: User, url: str, template: Template) -> None:
    client = signed_in(ines)
    assert client.post(url, {"subject": "x", "body": "x"}).status_code == 404
    assert client.post(f"{url}shipped/").status_code == 404
    assert Template.objects.get(pk=template.pk).body == template.body


def test_an_admin_changes_the_words_and_takes_the_shipped_ones_back(
    ada: User, url: str, template: Template
) -> None:
    client = signed_in(ada)
    answer = client.post(url, {"subject": "On {title}", "body": "Hello {first_name}."})
    assert answer.url == "/settings/templates/"
    changed = Template.objects.get(pk=template.pk)
    assert (changed.subject, changed.body) == ("On {title}", "Hello {first_name}.")
    assert changed.changed_by == ada
    assert client.post(f"{url}shipped/").url == url
    again = Template.objects.get(pk=template.pk)
    assert (again.body, again.changed_by) == (template.body, None)


def test_an_unknown_field_is_refused_with_the_list(ada: User, url: str) -> None:
    answer = signed_in(ada).post(url, {"subject": "", "body": "Hello {nickname}."})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "body": [f"There is no field {{nickname}}. Use {known_fields()}."],
    }


def test_short_channels_keep_to_short_texts_and_have_no_subject(ada: User) -> None:
    sms = Template.objects.get(play="refocus", channel="sms", language="en", reason="", variant=0)
    answer = signed_in(ada).post(f"/settings/templates/{sms.pk}/", {"body": "a " * 200})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "body": ["That is 399 characters. Keep it to 300: short messages are read."]
    }
    assert "subject" not in answer.context["form"].fields


def test_a_preview_saves_nothing(ada: User, url: str, template: Template) -> None:
    words = {"subject": "On {title}", "body": "Dear {first_name}.", "preview": "1"}
    client = signed_in(ada)
    whole = client.post(url, words)
    part = client.post(url, words, **HTMX)
    assert b"Dear Mara." in whole.content
    assert part.content.strip().startswith(b"<section")
    assert part.headers["Vary"] == "HX-Request, Cookie"
    assert Template.objects.get(pk=template.pk).body == template.body


def test_a_preview_of_words_that_are_refused_says_why(ada: User, url: str) -> None:
    part = signed_in(ada).post(url, {"subject": "", "body": "{x}", "preview": "1"}, **HTMX)
    assert part.status_code == 422
    assert b"There is no field {x}" in part.content


def test_the_pages_ask_the_database_a_fixed_number_of_times(
    ines: User, url: str, django_assert_num_queries
) -> None:
    client = signed_in(ines)
    client.get(url)
    with django_assert_num_queries(5):
        client.get("/settings/templates/")
    Template.objects.exclude(play="refocus", channel="email", language="en").delete()
    with django_assert_num_queries(5):
        client.get("/settings/templates/")
    with django_assert_num_queries(5):
        client.get(url)
