"""An admin adds endpoints, sees how they are, and sends again what they missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from outreach import tasks
from outreach.models import WebhookEndpoint, WebhookMessage
from outreach.webhooks import delivering, endpoints
from tests.listening import Listener, listening

State = WebhookMessage.State
LIST = "/settings/webhooks/"


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def hook(ada: User, url: str = "http://127.0.0.1:9/hook", *kinds: str) -> WebhookEndpoint:
    return endpoints.add(url, kinds, user=ada, now=timezone.now())


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def works() -> None:
    """Let the worker do what it was asked for."""
    delivering.deliver(timezone.now)


def test_nobody_but_an_admin_finds_any_of_it(client: Client, ada: User, maud: User) -> None:
    endpoint = hook(ada, "http://127.0.0.1:9/very-secret-path")
    message = endpoints.try_out(endpoint, timezone.now())
    page = f"{LIST}{endpoint.pk}/"
    client.force_login(maud)

    seen = [client.get(url) for url in (LIST, f"{LIST}new/", page, f"{page}messages/{message.pk}/")]
    acts = ("secret", "switch", "deletion", "test", "again", f"messages/{message.pk}/again")
    done = [client.post(f"{page}{act}/") for act in acts]

    assert {answer.status_code for answer in (*seen, *done)} == {404}
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at, endpoint.former_secret) == (None, "")
    assert b"Webhooks" not in client.get("/settings/").content


def test_an_endpoint_is_added_and_its_secret_shown_once(admin: Client, ada: User) -> None:
    told = {"url": "http://127.0.0.1:9/hook", "kinds": ["silence.dark", "deal.won"]}
    page = admin.post(f"{LIST}new/", told, follow=True)

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.url, endpoint.kinds, endpoint.user) == (told["url"], told["kinds"], ada)
    assert page.redirect_chain == [(f"{LIST}{endpoint.pk}/", 302)]
    assert page.content.decode().count(endpoint.secret) == 1
    assert (
        page.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    )
    assert endpoint.secret not in admin.get(f"{LIST}{endpoint.pk}/").content.decode()


def test_no_other_admin_is_shown_the_secret(client: Client, ada: User, maud: User) -> None:
    maud.role = User.Role.ADMIN
    maud.save()
    client.force_login(ada)
    client.post(f"{LIST}new/", {"url": "http://127.0.0.1:9/hook"})
    endpoint = WebhookEndpoint.objects.get()

    other = Client()
    other.force_login(maud)

    assert endpoint.secret not in other.get(f"{LIST}{endpoint.pk}/").content.decode()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "This field is required."),
        ("http://10.1.2.3/hook",
         ("10.1.2.3 is not on the public internet. Use a public address, "
          "or ask whoever runs this installation to allow it (ALLOWED_PRIVATE_TARGETS).")),
        ("ftp://example.org/", "The address has to begin with https:// or http://."),
        ("http://8.8.8.8/hook",
         "Use https:// for it: with http:// anyone on the way could read along."),
    ],
)  # fmt: skip
def test_an_address_that_is_not_to_be_called_is_refused_at_once(
    admin: Client, url: str, says: str
) -> None:
    answer = admin.post(f"{LIST}new/", {"url": url})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"url": [says]}
    assert WebhookEndpoint.objects.count() == 0


def test_a_kind_that_does_not_exist_is_refused(admin: Client) -> None:
    answer = admin.post(f"{LIST}new/", {"url": "http://127.0.0.1:9/", "kinds": ["deal.eaten"]})

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["kinds"]


def test_an_endpoint_is_changed_and_keeps_its_secret(admin: Client, ada: User) -> None:
    endpoint = hook(ada, "http://127.0.0.1:9/old", "deal.won")
    admin.post(f"{LIST}{endpoint.pk}/", {"url": "http://127.0.0.1:9/new", "kinds": []})

    changed = WebhookEndpoint.objects.get()
    assert (changed.url, changed.kinds) == ("http://127.0.0.1:9/new", [])
    assert changed.secret == endpoint.secret


def test_a_bad_change_is_told_beside_the_log_and_changes_nothing(admin: Client, ada: User) -> None:
    endpoint = hook(ada)
    endpoints.try_out(endpoint, timezone.now())

    answer = admin.post(f"{LIST}{endpoint.pk}/", {"url": "http://10.0.0.1/"})

    assert (answer.status_code, len(answer.context["page"].entries)) == (422, 1)
    assert WebhookEndpoint.objects.get().url == endpoint.url


def test_a_new_secret_is_shown_once_and_the_former_one_signs_on(admin: Client, ada: User) -> None:
    endpoint = hook(ada)
    page = admin.post(f"{LIST}{endpoint.pk}/secret/", follow=True).content.decode()

    changed = WebhookEndpoint.objects.get()
    assert changed.former_secret == endpoint.secret
    assert (page.count(changed.secret), page.count(endpoint.secret)) == (1, 0)
    assert "That is now so until" in page


def test_a_secret_whose_key_is_gone_breaks_no_page(admin: Client, ada: User, settings: Any) -> None:
    endpoint = hook(ada)
    endpoints.try_out(endpoint, timezone.now())
    settings.FIELD_KEYS = ["0" * 43 + "="]

    assert [admin.get(url).status_code for url in (LIST, f"{LIST}{endpoint.pk}/")] == [200, 200]


def test_a_secret_whose_key_is_gone_is_replaced_and_signs_no_more(
    admin: Client, ada: User, settings: Any
) -> None:
    endpoint = hook(ada)
    endpoints.rotate(endpoint, timezone.now())
    settings.FIELD_KEYS = ["0" * 43 + "="]

    page = admin.post(f"{LIST}{endpoint.pk}/secret/", follow=True).content.decode()

    changed = WebhookEndpoint.objects.get()
    assert page.count(changed.secret) == 1
    assert "That is now so until" not in page
    assert (changed.former_secret, changed.former_until) == ("", None)
    assert endpoints.secrets_of(changed, timezone.now()) == [changed.secret]


def test_a_test_arrives_and_its_page_tells(admin: Client, ada: User) -> None:
    with listening(Listener(status=202, body=b"Thank you")) as server:
        endpoint = hook(ada, server.url)
        page = admin.post(f"{LIST}{endpoint.pk}/test/", follow=True)
        assert "Not tried yet." in page.content.decode()
        works()

    message = WebhookMessage.objects.get()
    assert page.redirect_chain == [(f"{LIST}{endpoint.pk}/messages/{message.pk}/", 302)]
    fate = admin.get(page.redirect_chain[0][0], headers={"HX-Request": "true"}).content.decode()
    assert fate.strip().startswith('<section class="card stack" id="fate"')
    assert "Answered 202" in fate
    assert "Thank you" in fate
    assert server.heard[0].body == message.body.encode()


def test_one_that_is_off_cannot_be_tested_and_says_why(admin: Client, ada: User) -> None:
    endpoint = hook(ada)
    admin.post(f"{LIST}{endpoint.pk}/switch/")
    answer = admin.post(f"{LIST}{endpoint.pk}/test/", follow=True)

    assert said(answer)[-1] == (
        "This endpoint is switched off. Switch it on first, so that it is told again."
    )
    assert WebhookMessage.objects.count() == 0

    admin.post(f"{LIST}{endpoint.pk}/switch/")
    assert WebhookEndpoint.objects.get().disabled_at is None


def test_what_was_given_up_since_a_day_is_sent_again(admin: Client, ada: User) -> None:
    with listening(Listener(answers=[410])) as server:
        endpoint = hook(ada, server.url)
        endpoints.try_out(endpoint, timezone.now())
        endpoints.try_out(endpoint, timezone.now() - timedelta(days=9))
        works()
        again = f"{LIST}{endpoint.pk}/again/"
        since = {"since": (timezone.localdate() - timedelta(days=3)).isoformat()}
        off = admin.post(again, since)
        admin.post(f"{LIST}{endpoint.pk}/switch/")
        on = admin.post(again, since, follow=True)
        works()

    assert (off.status_code, said(on)[-1]) == (422, "1 message is sent again.")
    assert sorted(endpoint.messages.values_list("state", flat=True)) == [
        State.DELIVERED,
        State.FAILED,
    ]
    assert admin.post(again, {"since": ""}).status_code == 422


def test_sending_again_is_offered_where_something_was_given_up(admin: Client, ada: User) -> None:
    endpoint = hook(ada)
    page = f"{LIST}{endpoint.pk}/"
    message = endpoints.try_out(endpoint, timezone.now())
    button = f'action="{page}again/"'
    assert button not in admin.get(page).content.decode()
    delivering.record(message.pk, delivering.Outcome(410, "", timedelta()), timezone.now())
    off = admin.get(page).content.decode()
    assert (button in off, "Switch the endpoint on" in off) == (False, True)
    admin.post(f"{page}switch/")
    assert button in admin.get(page).content.decode()


def test_one_message_is_sent_again_from_its_page(admin: Client, ada: User) -> None:
    with listening() as server:
        endpoint = hook(ada, server.url)
        message = endpoints.try_out(endpoint, timezone.now())
        works()
        page = f"{LIST}{endpoint.pk}/messages/{message.pk}/"
        assert admin.post(f"{page}again/", follow=True).redirect_chain == [(page, 302)]
        works()

    assert [heard.headers["webhook-id"] for heard in server.heard] == [message.message_id] * 2


def test_a_message_is_found_under_its_own_endpoint_only(admin: Client, ada: User) -> None:
    message = endpoints.try_out(hook(ada), timezone.now())
    other = hook(ada)

    assert admin.get(f"{LIST}{other.pk}/messages/{message.pk}/").status_code == 404


def test_an_endpoint_is_deleted_with_its_log(admin: Client, ada: User) -> None:
    endpoint = hook(ada)
    endpoints.try_out(endpoint, timezone.now())
    answer = admin.post(f"{LIST}{endpoint.pk}/deletion/", follow=True)

    assert said(answer) == ["The endpoint is deleted, and its log with it."]
    assert (WebhookEndpoint.objects.count(), WebhookMessage.objects.count()) == (0, 0)


def test_the_list_says_how_each_endpoint_is(admin: Client, ada: User) -> None:
    with (
        listening() as well,
        listening(Listener(status=500)) as ill,
        listening(Listener(status=410)) as off,
    ):
        for server in (well, ill, off):
            endpoints.try_out(hook(ada, server.url), timezone.now())
        works()
    hook(ada)

    entries = admin.get(LIST).context["entries"]
    assert [(entry.label, entry.endpoint.waiting) for entry in entries] == [
        ("Works", 0), ("Failing", 1), ("Switched off", 0), ("New", 0),
    ]  # fmt: skip


def test_the_list_asks_the_database_no_more_for_three_than_for_one(
    admin: Client, ada: User, django_assert_num_queries: Any
) -> None:
    for number in (1, 3):
        while WebhookEndpoint.objects.count() < number:
            endpoints.try_out(hook(ada), timezone.now())
        with django_assert_num_queries(5):
            assert len(admin.get(LIST).context["entries"]) == number


def test_the_log_asks_the_database_no_more_for_three_than_for_one(
    admin: Client, ada: User, django_assert_num_queries: Any
) -> None:
    endpoint = hook(ada)
    for number in (1, 3):
        while endpoint.messages.count() < number:
            message = endpoints.try_out(endpoint, timezone.now())
            delivering.record(message.pk, delivering.Outcome(500, "", timedelta()), timezone.now())
        with django_assert_num_queries(7):
            assert len(admin.get(f"{LIST}{endpoint.pk}/").context["page"].entries) == number


def test_the_log_goes_on_page_by_page_and_by_state(admin: Client, ada: User) -> None:
    endpoint = hook(ada)
    pks = [endpoints.try_out(endpoint, timezone.now()).pk for _ in range(60)]
    delivering.record(pks[5], delivering.Outcome(200, "", timedelta()), timezone.now())

    def shown(query: str) -> list[int]:
        page = admin.get(f"{LIST}{endpoint.pk}/?{query}").context["page"]
        return [entry.message.pk for entry in page.entries]

    assert shown("") == pks[:9:-1]
    assert shown(f"before={pks[10]}") == pks[9::-1]
    assert shown("state=delivered") == [pks[5]]
    for none in ("x", "9" * 5000, "-1", "²", ""):
        assert shown(f"state=nonsense&before={none}") == pks[:9:-1]


def test_asking_for_a_test_twice_is_two_messages_each_sent_once(admin: Client, ada: User) -> None:
    with listening() as server:
        endpoint = hook(ada, server.url)
        admin.post(f"{LIST}{endpoint.pk}/test/")
        admin.post(f"{LIST}{endpoint.pk}/test/")
        tasks.pass_on()
        tasks.pass_on()

    assert len({heard.headers["webhook-id"] for heard in server.heard}) == len(server.heard) == 2
