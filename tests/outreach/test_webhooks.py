"""What was announced reaches each endpoint at least once, signed, for three days."""

import json
import threading
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from standardwebhooks.webhooks import Webhook

from accounts.models import User
from deals.models import Announcement
from outreach import sweeping, tasks, today
from outreach.models import Notice, WebhookAttempt, WebhookEndpoint, WebhookMessage
from outreach.webhooks import delivering, endpoints, passing_on
from outreach.webhooks.delivering import JITTER, LEASE, PAUSES, REST
from tests.cast import Story, day, make_deal
from tests.listening import Heard, Listener, listening

State = WebhookMessage.State
NOW = day(7, 11)


@pytest.fixture
def demo(ines: User) -> Story:
    """A deal in Demo: dark after a week. We wrote on Monday at ten."""
    story = Story(make_deal(ines, "Demo"))
    story.we_write(day(0, 10))
    return story


def hook(ada: User, url: str = "http://127.0.0.1:9/hook", *kinds: str) -> WebhookEndpoint:
    return endpoints.add(url, kinds, user=ada, now=day(0))


def waiting(
    endpoint: WebhookEndpoint, number: int = 1, now: datetime = NOW
) -> list[WebhookMessage]:
    return [endpoints.try_out(endpoint, now) for _ in range(number)]


def deliver(now: datetime = NOW) -> None:
    delivering.deliver(lambda: now)


def ids(server: Listener) -> list[str]:
    return [heard.headers["webhook-id"] for heard in server.heard]


# --- Passing on -----------------------------------------------------------------------------


def test_each_endpoint_gets_each_message_once_and_the_announcement_is_gone(
    demo: Story, ada: User
) -> None:
    first, second = hook(ada), hook(ada)
    sweeping.run(NOW)

    assert passing_on.pass_on(NOW) == 2
    assert passing_on.pass_on(NOW) == 0

    told = {("silence.dark", 2), ("suggestion.created", 2)}
    rows = WebhookMessage.objects.values_list("kind", "message_id")
    assert {(kind, list(rows).count((kind, pk))) for kind, pk in rows} == told
    assert (first.messages.count(), second.messages.count()) == (2, 2)
    assert Announcement.objects.count() == 0


def test_without_an_endpoint_announcements_are_forgotten(demo: Story) -> None:
    demo.they_write(day(1))

    assert passing_on.pass_on(day(1)) == 1
    assert (Announcement.objects.count(), WebhookMessage.objects.count()) == (0, 0)


def test_an_endpoint_hears_only_of_what_it_asked_for_and_nothing_when_off(
    demo: Story, ada: User
) -> None:
    wants = hook(ada, "http://127.0.0.1:9/", "silence.ended", "deal.won")
    endpoints.switch_off(hook(ada), NOW)
    sweeping.run(NOW)
    demo.they_write(day(7, 12))

    passing_on.pass_on(day(7, 12))

    rows = WebhookMessage.objects.values_list("endpoint", "kind")
    assert list(rows) == [(wants.pk, "silence.ended")]


def test_what_is_told_has_names_and_a_link_and_no_words_of_theirs(demo: Story, ada: User) -> None:
    hook(ada)
    demo.they_write(day(1), subject="Secret plans", note="Do not tell")

    passing_on.pass_on(day(1))

    message, deal = WebhookMessage.objects.get(), demo.deal
    silence = deal.silences.by_them().get()
    assert json.loads(message.body) == {
        "type": "silence.ended",
        "timestamp": "2026-03-03T09:00:00Z",
        "data": {
            "deal": {
                "id": deal.pk, "source": "hand", "external_id": deal.external_id,
                "title": "Fleet telematics", "company_id": None, "amount": "1000.00",
                "currency": "EUR", "outcome": "open",
                "owner": {"id": deal.owner_id, "email": "ines@example.com"},
                "stage": {"id": deal.stage_id, "name": "Demo", "pipeline": "New business"},
                "contact": {
                    "id": deal.contact_id, "source": "hand",
                    "external_id": deal.contact.external_id, "name": "Mara Lind",
                },
                "link": f"http://127.0.0.1:8000/deals/{deal.pk}/",
            },
            "silence": {
                "id": silence.pk, "started_at": "2026-03-02T10:00:00Z", "dark_at": None,
                "ended_at": "2026-03-03T09:00:00Z", "ending": "replied", "attempts": 0,
            },
        },
    }  # fmt: skip


def test_an_erased_contact_is_not_named(demo: Story, ada: User) -> None:
    hook(ada)
    demo.they_write(day(1))
    contact = demo.deal.contact
    contact.erased_at = day(1)
    contact.save()

    passing_on.pass_on(day(1))

    told = json.loads(WebhookMessage.objects.get().body)["data"]["deal"]["contact"]
    assert told == {"id": contact.pk, "source": None, "external_id": None, "name": None}


def test_passing_many_on_asks_the_database_no_more(
    ines: User, ada: User, django_assert_num_queries: Any
) -> None:
    hook(ada), hook(ada)
    for number in (1, 3):
        for _ in range(number):
            story = Story(make_deal(ines, "Demo"))
            story.we_write(day(0, 10))
            story.they_write(day(1))
        with django_assert_num_queries(10):
            assert passing_on.pass_on(day(1)) == number


# --- Delivering -----------------------------------------------------------------------------


def test_a_message_arrives_signed_and_is_done(ada: User) -> None:
    with listening(Listener(status=204)) as server:
        endpoint = hook(ada, server.url)
        [message] = waiting(endpoint)
        deliver()
        deliver()

    [heard] = server.heard
    assert (heard.method, heard.body) == ("POST", message.body.encode())
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == message.message_id
    assert heard.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    signature = Webhook(endpoint.secret).sign(message.message_id, NOW, message.body)
    assert heard.headers["webhook-signature"] == signature
    message.refresh_from_db()
    endpoint.refresh_from_db()
    assert (message.state, message.ended_at, message.tries) == (State.DELIVERED, NOW, 1)
    assert (endpoint.delivered_at, endpoint.failing_since) == (NOW, None)
    assert list(message.attempts.values_list("status", "tried_at")) == [(204, NOW)]


def test_what_fails_is_tried_again_under_the_same_id_until_it_arrives(ada: User) -> None:
    with listening(Listener(answers=[500, 503], body=b"Out to lunch")) as server:
        endpoint = hook(ada, server.url)
        [message] = waiting(endpoint)
        now = NOW
        for _ in range(3):
            deliver(now)
            message.refresh_from_db()
            now = message.send_at

    assert ids(server) == [message.message_id] * 3
    assert len({heard.body for heard in server.heard}) == 1
    assert message.state == State.DELIVERED
    statuses = message.attempts.order_by("pk").values_list("status", "answer")
    assert list(statuses) == [(500, "Out to lunch"), (503, "Out to lunch"), (200, "Out to lunch")]


def test_it_is_not_tried_before_its_time(ada: User) -> None:
    with listening(Listener(status=500)) as server:
        [message] = waiting(hook(ada, server.url))
        deliver()
        message.refresh_from_db()
        deliver(message.send_at - timedelta(milliseconds=1))

    assert len(server.heard) == 1


def test_the_pauses_last_three_days_give_or_take_a_tenth(ada: User) -> None:
    with listening(Listener(status=500)) as server:
        [message] = waiting(hook(ada, server.url))
        now, pauses = NOW, []
        while len(pauses) < 20:
            deliver(now)
            message.refresh_from_db()
            if message.state != State.WAITING:
                break
            pauses.append(message.send_at - now)
            now = message.send_at

    assert len(server.heard) == len(PAUSES) + 1 == 10
    off = [pause / wanted for pause, wanted in zip(pauses, PAUSES, strict=True)]
    assert all(1 - JITTER <= each <= 1 + JITTER for each in off)
    assert len(set(off)) == len(off)  # jitter
    assert timedelta(days=3) <= sum(PAUSES, timedelta()) < timedelta(days=3, hours=4)
    assert message.state == State.FAILED


def test_an_endpoint_that_fails_for_three_days_is_switched_off_with_the_reason(ada: User) -> None:
    with listening(Listener(status=500)) as server:
        endpoint = hook(ada, server.url)
        waiting(endpoint)
        deliver()
        endpoint.refresh_from_db()
        assert endpoint.failing_since == NOW

        waiting(endpoint, now=NOW + timedelta(hours=71))
        deliver(NOW + timedelta(hours=71))
        endpoint.refresh_from_db()
        assert endpoint.disabled_at is None

        waiting(endpoint, now=NOW + timedelta(hours=72))
        deliver(NOW + timedelta(hours=72))

    endpoint.refresh_from_db()
    assert endpoint.disabled_at == NOW + timedelta(hours=72)
    assert endpoint.problem == "Nothing arrived for three days. The last time: it answered 500"
    states = endpoint.messages.values_list("state", flat=True)
    assert set(states) == {State.FAILED}


def test_one_message_that_nobody_takes_does_not_switch_off_an_endpoint(ada: User) -> None:
    def answer(heard: Heard) -> int:
        return 500 if heard.headers["webhook-id"] == poison.message_id else 200

    with listening(Listener(answer=answer)) as server:
        endpoint = hook(ada, server.url)
        [poison] = waiting(endpoint)
        now = NOW
        while poison.state == State.WAITING and len(server.heard) < 100:
            deliver(now)
            waiting(endpoint, now=now)
            deliver(now + REST)
            poison.refresh_from_db()
            now = poison.send_at

    endpoint.refresh_from_db()
    assert (poison.state, endpoint.disabled_at, endpoint.failing_since) == (
        State.FAILED,
        None,
        None,
    )


def test_an_endpoint_that_answers_410_is_switched_off_at_once(ada: User) -> None:
    with listening(Listener(status=410)) as server:
        endpoint = hook(ada, server.url)
        waiting(endpoint, 2)
        deliver()
        deliver(NOW + timedelta(days=1))

    endpoint.refresh_from_db()
    assert len(server.heard) == 1
    assert (endpoint.disabled_at, endpoint.problem) == (
        NOW, "It answered 410: it is gone and wants no more messages.",
    )  # fmt: skip
    assert set(endpoint.messages.values_list("state", flat=True)) == {State.FAILED}


def test_the_admins_are_told_once_that_an_endpoint_was_switched_off(
    ada: User, ines: User, client: Client
) -> None:
    other = User.objects.create_user("abel@example.com", "-", name="Abel", role=User.Role.ADMIN)
    User.objects.create_user(
        "gone@example.com", "-", name="Gone", role=User.Role.ADMIN, is_active=False
    )
    endpoint = hook(ada, "http://127.0.0.1:9/secret-path")
    for message in waiting(endpoint, 2):
        delivering.record(message.pk, delivering.Outcome(410, "", timedelta()), NOW)

    text = (
        "127.0.0.1 is told nothing more: its webhook was switched off. "
        "It answered 410: it is gone and wants no more messages."
    )
    told = Notice.objects.values_list("user", "kind", "endpoint", "text")
    assert set(told) == {(admin.pk, "webhook_off", endpoint.pk, text) for admin in (ada, other)}
    assert Notice.objects.count() == 2
    make_deal(ada)
    client.force_login(ada)
    link = f'href="/settings/webhooks/{endpoint.pk}/">{text}'
    assert link in client.get("/").content.decode()
    assert list(today.unread(ines)) == []


def test_that_an_endpoint_is_off_is_no_news_once_it_is_on_again_or_one_is_no_admin(
    ada: User,
) -> None:
    endpoint = hook(ada)
    endpoints.switch_off(endpoint, NOW, "It answered 410.")
    assert today.unread(ada).count() == 1
    endpoints.switch_on(endpoint)
    assert today.unread(ada).count() == 0
    endpoints.switch_off(endpoint, NOW + timedelta(days=1), "It answered 410.")
    assert today.unread(ada).count() == 2
    ada.role = User.Role.REP
    assert today.unread(ada).count() == 0


def test_nobody_is_told_of_what_an_admin_switched_off(ada: User) -> None:
    endpoints.switch_off(hook(ada), NOW)
    assert Notice.objects.count() == 0


def test_a_redirect_is_a_failure_that_names_where_it_leads(ada: User) -> None:
    with listening() as inside, listening(Listener(status=302)) as server:
        server.headers["Location"] = inside.url
        [message] = waiting(hook(ada, server.url))
        deliver()

    attempt = message.attempts.get()
    assert (attempt.status, attempt.answer) == (
        302,
        f"It redirects to {inside.url}. Redirects are not followed: enter that address instead.",
    )
    assert inside.heard == []


def test_a_private_address_is_not_called_though_it_was_public_when_it_was_entered(
    ada: User, settings: Any
) -> None:
    with listening() as server:
        [message] = waiting(hook(ada, server.url))
        settings.ALLOWED_PRIVATE_TARGETS = []
        deliver()

    assert server.heard == []
    attempt = message.attempts.get()
    assert attempt.status is None
    assert attempt.answer.startswith("127.0.0.1 is not on the public internet.")


def test_a_long_or_odd_answer_is_kept_in_part(ada: User) -> None:
    with listening(Listener(status=500, body=b"\x00\xff" + b"x" * 100_000)) as server:
        [message] = waiting(hook(ada, server.url))
        deliver()

    assert message.attempts.get().answer == "��" + "x" * 498


def test_a_slow_endpoint_holds_up_no_other(ada: User) -> None:
    with listening(Listener(is_slow=True)) as slow, listening() as quick:
        waiting(hook(ada, slow.url), 3)
        waiting(hook(ada, quick.url), 3)
        answered_meanwhile = []

        def answer(_: Heard) -> None:
            answered_meanwhile.append(slow.may_go_on.is_set())
            if len(quick.heard) == 3:
                slow.may_go_on.set()

        quick.answer = answer
        deliver()

    assert answered_meanwhile == [False, False, False]
    assert (len(slow.heard), len(quick.heard)) == (3, 3)


def test_an_endpoint_that_failed_rests_before_its_next_message(ada: User) -> None:
    with listening(Listener(status=500)) as server:
        endpoint = hook(ada, server.url)
        waiting(endpoint, 9)
        heard = []
        for seconds in (0, 3, 4, 33, 34, 63, 64):
            deliver(NOW + timedelta(seconds=seconds))
            heard.append(len(server.heard))
        server.status = 200
        deliver(NOW + timedelta(seconds=95))

    assert heard == [1, 1, 2, 2, 3, 3, 4]
    endpoint.refresh_from_db()
    assert len(server.heard) > 5  # once it takes one, all that are due follow
    assert (endpoint.rests_until, endpoint.failing_since) == (None, None)


def test_a_message_that_a_worker_died_over_is_sent_again_under_the_same_id(ada: User) -> None:
    with listening() as server:
        endpoint = hook(ada, server.url)
        [message] = waiting(endpoint)
        assert delivering.claim(endpoint.pk, NOW) is not None  # and then it is killed

        deliver(NOW + LEASE - timedelta(seconds=1))
        assert server.heard == []
        deliver(NOW + LEASE)

    assert ids(server) == [message.message_id]


def test_one_message_of_an_endpoint_is_under_way_at_a_time(ada: User) -> None:
    endpoint = hook(ada)
    waiting(endpoint, 2)

    assert delivering.claim(endpoint.pk, NOW) is not None
    assert delivering.claim(endpoint.pk, NOW) is None


def test_a_message_that_was_deleted_meanwhile_is_let_be(ada: User) -> None:
    endpoint = hook(ada)
    [message] = waiting(endpoint)
    parcel = delivering.claim(endpoint.pk, NOW)
    endpoints.remove(endpoint)

    assert parcel is not None
    delivering.record(parcel.message, delivering.Outcome(200, "", timedelta()), NOW)
    assert (WebhookAttempt.objects.count(), WebhookEndpoint.objects.count()) == (0, 0)
    assert message.message_id == parcel.message_id


def test_a_late_failure_does_not_take_back_that_it_arrived(ada: User) -> None:
    endpoint = hook(ada)
    [message] = waiting(endpoint)
    delivering.record(message.pk, delivering.Outcome(200, "", timedelta()), NOW)
    delivering.record(message.pk, delivering.Outcome(500, "", timedelta()), NOW)

    message.refresh_from_db()
    assert (message.state, message.attempts.count()) == (State.DELIVERED, 2)


def test_a_secret_whose_key_is_gone_is_a_failure_that_says_so(ada: User, settings: Any) -> None:
    with listening() as server:
        [message] = waiting(hook(ada, server.url))
        settings.FIELD_KEYS = ["0" * 43 + "="]
        deliver()

    assert server.heard == []
    assert message.attempts.get().answer == (
        "The secret cannot be read with the keys in FIELD_KEYS. Add the key that it was saved "
        "with, or make a new secret."
    )


# --- Secrets, switching, sending again ------------------------------------------------------


def test_the_former_secret_signs_for_a_day_after_a_rotation(ada: User) -> None:
    with listening() as server:
        endpoint = hook(ada, server.url)
        former = endpoint.secret
        new = endpoints.rotate(endpoint, NOW)
        waiting(endpoint, now=NOW)
        deliver(NOW + timedelta(hours=23))
        waiting(endpoint, now=NOW)
        deliver(NOW + timedelta(hours=24))

    def opens(secret: str, heard: Heard) -> bool:
        at = datetime.fromtimestamp(int(heard.headers["webhook-timestamp"]), tz=NOW.tzinfo)
        signature = Webhook(secret).sign(heard.headers["webhook-id"], at, heard.body.decode())
        return signature in heard.headers["webhook-signature"].split(" ")

    assert [[opens(secret, heard) for secret in (new, former)] for heard in server.heard] == [
        [True, True], [True, False],
    ]  # fmt: skip
    assert new != former


def test_secrets_are_encrypted_at_rest(ada: User) -> None:
    endpoint = hook(ada)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM outreach_webhookendpoint")
        [[stored]] = cursor.fetchall()

    assert endpoint.secret.startswith("whsec_")
    assert "whsec_" not in stored


def test_what_was_given_up_can_be_sent_again_as_it_was(ada: User) -> None:
    with listening(Listener(answers=[410])) as server:
        endpoint = hook(ada, server.url)
        [message, _] = waiting(endpoint, 2)
        [old] = waiting(endpoint, now=NOW - timedelta(days=2))
        deliver()
        endpoint.refresh_from_db()
        with pytest.raises(ValidationError):
            endpoints.redeliver_failed(endpoint, NOW, NOW)

        endpoints.switch_on(endpoint)
        again = NOW + timedelta(hours=1)
        assert endpoints.redeliver_failed(endpoint, NOW - timedelta(days=1), again) == 2
        deliver(again)

    message.refresh_from_db()
    old.refresh_from_db()
    assert (message.state, old.state) == (State.DELIVERED, State.FAILED)
    assert set(ids(server)[1:]) == set(
        endpoint.messages.filter(state=State.DELIVERED).values_list("message_id", flat=True)
    )


def test_one_message_can_be_sent_again_and_again(ada: User) -> None:
    with listening() as server:
        [message] = waiting(hook(ada, server.url))
        for hour in range(3):
            deliver(NOW + timedelta(hours=hour))
            message.refresh_from_db()
            endpoints.redeliver(message, NOW + timedelta(hours=hour))
            endpoints.redeliver(message, NOW + timedelta(hours=hour))

    assert ids(server) == [message.message_id] * 3


def test_messages_are_forgotten_thirty_days_after_their_end(ada: User) -> None:
    endpoint = hook(ada)
    [gone, kept, still] = waiting(endpoint, 3)
    for message, ago in ((gone, 30), (kept, 29)):
        delivering.record(message.pk, delivering.Outcome(200, "", timedelta()), NOW)
        ended_at = NOW - timedelta(days=ago, minutes=1)
        WebhookMessage.objects.filter(pk=message.pk).update(ended_at=ended_at)

    assert (passing_on.forget_old(NOW), passing_on.forget_old(NOW)) == (1, 0)
    assert set(endpoint.messages.values_list("pk", flat=True)) == {kept.pk, still.pk}


# --- The task -------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_task_passes_on_and_delivers_and_twice_is_once(demo: Story, ada: User) -> None:
    with listening() as server:
        hook(ada, server.url)
        sweeping.run(NOW)
        tasks.pass_on()
        tasks.pass_on()

    kinds = sorted(json.loads(heard.body)["type"] for heard in server.heard)
    assert kinds == ["silence.dark", "suggestion.created"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_message_once(ines: User, ada: User) -> None:
    for _ in range(10):
        story = Story(make_deal(ines, "Demo"))
        story.we_write(day(0, 10))
        story.they_write(day(1))
    with listening() as one, listening() as other:
        hook(ada, one.url), hook(ada, other.url)
        start = Event()

        def work() -> None:
            start.wait()
            try:
                passing_on.pass_on(day(1))
                delivering.deliver(lambda: day(1))
            finally:
                connection.close()

        workers = [threading.Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        start.set()
        for worker in workers:
            worker.join()
        deliver(day(1))

    assert [len(ids(server)) for server in (one, other)] == [10, 10]
    assert set(ids(one)) == set(ids(other))
    assert len(set(ids(one))) == 10
