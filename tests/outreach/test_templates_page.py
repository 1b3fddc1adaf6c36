"""The pages of templates: everyone reads, admins add, edit and delete."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from deals.models import Deal
from outreach import previews, sweeping
from outreach.defaults import shipped
from outreach.fields import known_fields
from outreach.forms.templates import TemplateForm
from outreach.models import Phrasing, Template
from tests.cast import Story, day, make_contact, make_deal

HTMX = {"HTTP_HX_REQUEST": "true"}
LIST = "/settings/templates/"
SHORT = "Hello {first_name}, is {title} still on track?"


def shipped_row(channel: str, **told: object) -> Template:
    wanted = {"play": "refocus", "language": "en", "reason": "", "variant": 0, **told}
    return Template.objects.get(channel=channel, **wanted)


@pytest.fixture
def template(workspace: object) -> Template:
    return shipped_row("email")


@pytest.fixture
def url(template: Template) -> str:
    return f"{LIST}{template.pk}/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def words(answer: HttpResponse) -> str:
    return answer.content.decode()


def test_everyone_reads_the_templates_but_only_admins_find_a_form(
    ines: User, ada: User, url: str
) -> None:
    assert signed_in(ines).get(LIST).status_code == 200
    page = words(signed_in(ines).get(url))
    assert "<textarea" not in page
    assert "Add" not in page
    assert "Hello Mara," in page
    assert "<textarea" in words(signed_in(ada).get(url))


def test_a_rep_cannot_change_the_words(ines: User, url: str, template: Template) -> None:
    client = signed_in(ines)
    told = {"subject": "x", "body": "x"}
    assert client.post(url, told).status_code == 404
    assert client.post(f"{url}shipped/").status_code == 404
    assert client.post(f"{url}deletion/").status_code == 404
    assert client.post(f"{LIST}new/", told).status_code == 404
    assert Template.objects.get(pk=template.pk).body == template.body


def test_the_list_goes_by_play_and_channel_in_one_language_at_first(ines: User) -> None:
    page = signed_in(ines).get(LIST)
    groups = page.context["groups"]
    assert [group.play.value for group in groups] == [
        "refocus", "switch_channel", "personalise", "widen", "let_go", "answer",
    ]  # fmt: skip
    assert [each.channel.value for each in groups[0].channels[:3]] == ["email", "phone", "chat"]
    email = groups[0].channels[0]
    assert [(row.reason, row.variant, row.language) for row in email.rows[:4]] == [
        ("", 0, "en"), ("", 1, "en"), ("", 2, "en"), ("busy", 0, "en"),
    ]  # fmt: skip
    assert not any(group.is_open for group in groups)
    assert sum(group.count for group in groups) == len([k for k in shipped() if k.language == "en"])


@pytest.mark.parametrize(
    ("query", "languages", "reasons"),
    [
        ("language=de&reason=busy", {"de"}, {"busy"}),
        ("language=&reason=any", {"en", "de"}, {""}),
        ("language=xx&reason=rude", {"en", "de"}, {""}),
    ],
)
def test_the_list_is_narrowed_by_language_and_reason(
    ines: User, query: str, languages: set[str], reasons: set[str]
) -> None:
    groups = signed_in(ines).get(f"{LIST}?{query}").context["groups"]
    found = [row for group in groups for each in group.channels for row in each.rows]
    assert {row.language for row in found} == languages
    assert {row.reason for row in found} >= reasons


def test_languages_are_called_by_their_names(ines: User, ada: User, url: str) -> None:
    signed_in(ada).post(
        f"{LIST}new/", {"play": "refocus", "channel": "sms", "language": "xx", "body": SHORT}
    )
    client = signed_in(ines)
    choices = client.get(LIST).context["form"].fields["language"].choices
    assert choices == [
        ("", "All languages"), ("de", "German"), ("en", "English"), ("xx", "xx"),
    ]  # fmt: skip
    assert "For any reason, in English, draft 1." in words(client.get(url))


def test_nothing_to_list_says_so(ines: User) -> None:
    Template.objects.all().delete()
    assert "No templates" in words(signed_in(ines).get(LIST))


def test_an_admin_changes_the_words_and_takes_the_shipped_ones_back(
    ada: User, url: str, template: Template
) -> None:
    client = signed_in(ada)
    answer = client.post(url, {"subject": "On {title}", "body": SHORT})
    assert parse_qs(urlsplit(answer.url).query) == {
        "language": ["en"], "play": ["refocus"], "channel": ["email"],
    }  # fmt: skip
    [opened] = [group for group in client.get(answer.url).context["groups"] if group.is_open]
    assert [each.channel.value for each in opened.channels if each.is_open] == ["email"]
    changed = Template.objects.get(pk=template.pk)
    assert (changed.subject, changed.body) == ("On {title}", SHORT)
    assert changed.changed_by == ada
    assert client.post(f"{url}shipped/").url == url
    again = Template.objects.get(pk=template.pk)
    assert (again.body, again.changed_by) == (template.body, None)


def test_an_admin_adds_another_draft_and_deletes_it_again(
    ada: User, template: Template, url: str
) -> None:
    client = signed_in(ada)
    page = client.get(f"{LIST}new/?like={template.pk}")
    assert page.context["form"]["body"].value() == template.body
    told = {
        "play": "refocus", "channel": "email", "reason": "", "language": "EN", "subject": "Hi",
        "body": SHORT,
    }  # fmt: skip
    assert client.post(f"{LIST}new/", told).status_code == 302
    added = Template.objects.get(body=SHORT)
    assert (added.language, added.variant, added.changed_by) == ("en", 3, ada)
    assert str(added) == "Refocus · E-mail (en, draft 4)"

    client.post(f"{LIST}new/", {**told, "reason": "busy", "language": "sv"})
    swedish = Template.objects.get(language="sv")
    assert (swedish.reason, swedish.variant) == ("busy", 0)
    assert str(swedish) == "Refocus · E-mail, busy (sv, draft 1)"

    assert "Delete this template" in words(client.get(f"{LIST}{added.pk}/"))
    assert client.post(f"{LIST}{added.pk}/deletion/").status_code == 302
    assert not Template.objects.filter(pk=added.pk).exists()
    assert client.post(f"{LIST}{swedish.pk}/shipped/").status_code == 404


def test_what_was_shipped_stays(ada: User, url: str, template: Template) -> None:
    client = signed_in(ada)
    assert "Delete this template" not in words(client.get(url))
    assert client.post(f"{url}deletion/").status_code == 404
    assert Template.objects.filter(pk=template.pk).exists()


def test_a_new_template_needs_a_language_and_keeps_what_was_typed(ada: User) -> None:
    told = {"play": "refocus", "channel": "sms", "language": "svenska", "body": SHORT}
    answer = signed_in(ada).post(f"{LIST}new/", told)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "language": ["Give a code of two or three letters, such as en or pt-br."]
    }
    assert "is {title} still on track?" in words(answer)


def test_a_short_channel_drops_the_subject_of_a_new_template(ada: User) -> None:
    told = {"play": "refocus", "channel": "sms", "language": "en", "subject": "Hi", "body": SHORT}
    signed_in(ada).post(f"{LIST}new/", told)
    assert Template.objects.get(body=SHORT).subject == ""


def test_an_unknown_field_is_refused_with_the_list(ada: User, url: str) -> None:
    answer = signed_in(ada).post(url, {"subject": "", "body": "Hello {nickname}."})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "body": [f"There is no field {{nickname}}. Use {known_fields()}."],
    }


def test_short_channels_keep_to_short_texts_and_have_no_subject(ada: User) -> None:
    answer = signed_in(ada).post(f"{LIST}{shipped_row('sms').pk}/", {"body": "a " * 200})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "body": [
            "That is 399 characters with sample values. Keep it to 300: short messages are read."
        ]
    }
    assert "subject" not in answer.context["form"].fields


def test_a_voicemail_is_under_twenty_seconds_and_only_for_calls(ada: User, url: str) -> None:
    client = signed_in(ada)
    phone = f"{LIST}{shipped_row('phone').pk}/"
    answer = client.post(phone, {"body": f"- Ask.\n\nVoicemail:\n{'word ' * 60}"})
    assert answer.context["form"].errors == {
        "body": ["The voicemail takes 24 seconds. Keep it to 20: few listen longer."]
    }
    mail = client.post(url, {"subject": "A", "body": "Hello.\n\nVoicemail:\nHello."})
    assert mail.context["form"].errors == {
        "body": ["Only a call has a voicemail: leave “Voicemail:” out."]
    }
    shown = client.get(phone)
    assert shown.context["preview"].seconds == 14
    assert "about 14 seconds" in words(shown)


def test_every_shipped_template_would_be_accepted(workspace: object) -> None:
    refused = {
        str(row): form.errors
        for row in Template.objects.all()
        if not (
            form := TemplateForm({"subject": row.subject, "body": row.body}, instance=row)
        ).is_valid()
    }
    assert refused == {}


def test_a_preview_saves_nothing(ada: User, url: str, template: Template) -> None:
    told = {"subject": "On {title}", "body": "Dear {first_name}.", "preview": "1"}
    client = signed_in(ada)
    whole = client.post(url, told)
    part = client.post(url, told, **HTMX)
    assert "Dear Mara." in words(whole)
    assert words(part).strip().startswith("<section")
    assert part.headers["Vary"] == "HX-Request, Cookie"
    assert Template.objects.get(pk=template.pk).body == template.body


def test_a_preview_of_words_that_are_refused_says_why(ada: User, url: str) -> None:
    part = signed_in(ada).post(url, {"subject": "", "body": "{x}", "preview": "1"}, **HTMX)
    assert part.status_code == 422
    assert "There is no field {x}" in words(part)


def test_a_preview_says_what_the_tone_check_says(ada: User, url: str) -> None:
    Phrasing.objects.create(
        language="en", notation="no-brainer", why="Talks down.", instead="Say what it brings.",
        changed_at=timezone.now(),
    )  # fmt: skip
    told = {"subject": "Just checking in", "body": f"A no-brainer. {SHORT}", "preview": "1"}
    found = signed_in(ada).post(url, told).context["preview"].findings
    assert [finding.phrase for finding in found] == ["no-brainer", "Just checking in"]
    assert "Nothing to mend" in words(signed_in(ada).get(url))


def dark_deal(owner: User, title: str, at: int) -> Deal:
    contact = make_contact(title, "Berg")
    deal = make_deal(owner, "Demo", title=title, contact=contact, opened_at=day(at - 1))
    Story(deal).we_write(day(at))
    return deal


@pytest.fixture
def dark(ines: User, noor: User) -> list[Deal]:
    """Two of Ines’s that are dark, the first one longer; one that is not; one of Noor’s."""
    deals = [dark_deal(ines, "Old", 1), dark_deal(ines, "New", 3), dark_deal(ines, "Lit", 12)]
    deals.append(dark_deal(noor, "Secret", 2))
    sweeping.run(day(14))
    return deals


def test_a_preview_begins_with_the_readers_deal_that_went_dark_last(
    ines: User, url: str, dark: list[Deal]
) -> None:
    old, new, lit, _secret = dark
    client = signed_in(ines)
    page = client.get(url)
    assert page.context["preview"].deal == new
    assert "Hello New," in words(page)
    chosen = page.context["preview_form"]["deal"]
    assert [label for _, label in chosen.field.choices] == [
        "New · New Berg", "Old · Old Berg", "Sample data",
    ]  # fmt: skip
    assert chosen.value() == new.pk
    assert "Hello Old," in words(client.get(f"{url}?deal={old.pk}"))
    assert "Hello Lit," in words(client.get(f"{url}?deal={lit.pk}"))
    assert "Hello Mara," in words(client.get(f"{url}?deal=sample"))


def test_a_preview_shows_no_deal_that_one_may_not_see(
    ines: User, url: str, dark: list[Deal]
) -> None:
    page = signed_in(ines).get(f"{url}?deal={dark[-1].pk}")
    assert page.context["preview"].deal is None
    assert "Secret" not in words(page)


def test_an_admin_previews_changed_words_with_a_deal(ada: User, url: str, dark: list[Deal]) -> None:
    told = {"subject": "", "body": SHORT, "preview": "1", "deal": dark[0].pk}
    assert "Hello Old, is Old still on track?" in words(signed_in(ada).post(url, told, **HTMX))


def test_speaking_takes_its_time() -> None:
    assert [previews.seconds(text) for text in ("", "word " * 45, "word " * 50)] == [0, 18, 20]


def test_the_list_costs_the_same_for_one_and_for_all(ines: User, django_assert_num_queries) -> None:
    client = signed_in(ines)
    client.get(LIST)
    with django_assert_num_queries(6):
        client.get(LIST)
    Template.objects.exclude(pk=shipped_row("email").pk).delete()
    with django_assert_num_queries(6):
        client.get(LIST)


def test_a_template_costs_the_same_for_one_dark_deal_and_for_three(
    ines: User, url: str, django_assert_num_queries
) -> None:
    client = signed_in(ines)
    for name in ("One", "Two", "Three"):
        dark_deal(ines, name, 1)
        sweeping.run(day(14))
        client.get(url)
        with django_assert_num_queries(12):
            client.get(url)
