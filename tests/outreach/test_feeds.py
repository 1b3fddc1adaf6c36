"""Published calendars are read every few minutes, and only what came whole counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from contacts.models import Contact
from deals.models import Deal, Hold, Turn
from outreach import feeds, tasks
from outreach.mail.parsing import calendar_reader
from outreach.mail.parsing.invitations import UnreadableCalendarError, read
from outreach.models import CalendarFeed, Meeting
from tests.cast import day, make_contact, make_deal
from tests.listening import Heard, Listener, listening

ADDRESS = "mara@example.org"
STAMP = "%Y%m%dT%H%M%SZ"
NOW, MEETING = day(1), day(7, 10)


def event(
    uid: str = "demo", *, start: datetime = MEETING, who: str = ADDRESS, more: str = ""
) -> str:
    lines = [
        "BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Fleet demo", "CREATED:20260301T090000Z",
        f"DTSTART:{start.strftime(STAMP)}", f"DTEND:{(start + timedelta(hours=1)).strftime(STAMP)}",
        "ORGANIZER:mailto:ines@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ines@example.com",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{who}", *([more] if more else []), "END:VEVENT",
    ]  # fmt: skip
    return "\r\n".join(lines)


def calendar(*events: str, asked_at: datetime = NOW) -> bytes:
    """Return a calendar as Google lays it out: stamped with when it was asked for."""
    stamp = f"DTSTAMP:{asked_at.strftime(STAMP)}\r\nEND:VEVENT"
    inside = [one.replace("END:VEVENT", stamp) for one in events]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *inside, "END:VCALENDAR", ""]).encode()


@pytest.fixture
def mara(ines: User) -> Contact:
    return make_contact(addresses={"email": "Mara@Example.org"})


@pytest.fixture
def deal(ines: User, mara: Contact) -> Deal:
    return make_deal(ines, contact=mara, turn=Turn.THEIRS)


def feed_of(user: User, server: Listener, now: datetime = NOW) -> CalendarFeed:
    return feeds.save(user, server.url, now=now)


def again(feed: CalendarFeed, now: datetime) -> CalendarFeed:
    feeds.read(CalendarFeed.objects.get(pk=feed.pk), now)
    return CalendarFeed.objects.get(pk=feed.pk)


def held(deal: Deal) -> list[tuple[datetime, datetime | None]]:
    return list(Hold.objects.filter(deal=deal).values_list("starts_at", "ends_at"))


def test_an_accepted_meeting_with_a_contact_holds_the_deal_to_its_end(
    deal: Deal, ines: User
) -> None:
    with listening(
        Listener(body=calendar(event(), event("other", who="dentist@example.net")))
    ) as it:
        feed = feed_of(ines, it)

    meeting = Meeting.objects.get()
    assert (meeting.deal, meeting.contact, meeting.user) == (deal, deal.contact, ines)
    assert [to for _, to in held(deal)] == [day(7, 11)]
    assert (feed.read_at, feed.read_problem) == (NOW, "")


def test_a_meeting_that_is_gone_from_the_calendar_holds_no_more(deal: Deal, ines: User) -> None:
    with listening(Listener(body=calendar(event()))) as server:
        feed = feed_of(ines, server)
        server.body = calendar(event("other", who="dentist@example.net"))
        again(feed, day(1, 10))

    assert Meeting.objects.get().state == Meeting.State.CANCELLED
    assert [to for _, to in held(deal)] == [day(1, 10)]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status": 500}, "The server answered 500. We try again in a few minutes."),
        ({"status": 404},
         ("There is no calendar at that address any more. Copy the address again.")),
        ({"status": 403}, "The calendar is not open to us. Publish it, or take its secret address."),
        ({"status": 302, "headers": {"Location": "https://login.example/?secret=1"}},
         "It leads on to login.example. Open it there and copy that address instead."),
        ({"body": b"<html>Sign in</html>"},
         ("That is no calendar but something else, such as a web page. Copy the address that ends "
          "in .ics.")),
        ({"body": b""},
         ("That is no calendar but something else, such as a web page. Copy the address that ends "
          "in .ics.")),
        ({"body": calendar(event())[:-20]},
         "The calendar stops in the middle. We try again in a few minutes."),
        ({"headers": {"Content-Length": "99999"}}, "127.0.0.1 broke off the conversation."),
        ({"body": b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR"},
         "It is no calendar in the format iCalendar (.ics)."),
    ],
)  # fmt: skip
def test_a_calendar_that_cannot_be_read_lets_no_deal_go_on(
    deal: Deal, ines: User, answer: dict[str, Any], says: str
) -> None:
    with listening(Listener(body=calendar(event()))) as server:
        feed = feed_of(ines, server)
        for name, value in answer.items():
            setattr(server, name, value)
        feed = again(feed, day(1, 10))

    assert feed.read_problem == says
    assert feed.read_at == NOW
    assert [to for _, to in held(deal)] == [day(7, 11)]


def test_a_problem_that_is_over_is_said_no_more(deal: Deal, ines: User) -> None:
    with listening(Listener(answers=[500], body=calendar(event()))) as server:
        feed = feed_of(ines, server)
        assert feed.read_problem != ""
        feed = again(feed, day(1, 10))

    assert (feed.read_problem, feed.read_at) == ("", day(1, 10))


def test_a_calendar_that_is_suddenly_empty_is_believed_an_hour_later(
    deal: Deal, ines: User
) -> None:
    with listening(Listener(body=calendar(event()))) as server:
        feed = feed_of(ines, server)
        server.body = calendar()
        feed = again(feed, day(1, 10, 5))
        feed = again(feed, day(1, 10, 10))
        assert [to for _, to in held(deal)] == [day(7, 11)]
        again(feed, day(1, 11, 5))

    assert [to for _, to in held(deal)] == [day(1, 11, 5)]


def test_what_could_not_be_read_is_read_again_with_the_next_poll(deal: Deal, ines: User) -> None:
    server = Listener(body=calendar(event()), headers={"ETag": '"one"'})
    server.answer = lambda heard: (
        304 if heard.headers["If-None-Match"] == server.headers["ETag"] else 200
    )
    with listening(server):
        feed = feed_of(ines, server)
        server.body = b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR"
        server.headers = {"ETag": '"two"'}
        for minute in (5, 10):
            feed = again(feed, day(1, 9, minute))
            assert feed.read_problem == "It is no calendar in the format iCalendar (.ics)."
            assert feed.read_at == NOW


def test_what_has_not_changed_is_neither_sent_nor_read_again(
    deal: Deal, ines: User, django_assert_num_queries: Any
) -> None:
    def answer(heard: Heard) -> int:
        return 304 if heard.headers["If-None-Match"] == '"one"' else 200

    server = Listener(body=calendar(event()), headers={"ETag": '"one"'}, answer=answer)
    with listening(server):
        feed = feed_of(ines, server, day(1, 9))
        server.body = b""
        feed = CalendarFeed.objects.select_related("user").get(pk=feed.pk)
        with django_assert_num_queries(1):
            feeds.read(feed, day(1, 9, 5))

    assert [heard.headers["If-None-Match"] for heard in server.heard] == [None, '"one"']
    assert CalendarFeed.objects.get().read_at == day(1, 9, 5)


def test_what_only_says_when_it_was_asked_has_not_changed(
    deal: Deal, ines: User, django_assert_num_queries: Any
) -> None:
    with listening(Listener(body=calendar(event(), asked_at=day(1)))) as server:
        feed = feed_of(ines, server)
        server.body = calendar(event(), asked_at=day(1, 9, 5))
        feed = CalendarFeed.objects.select_related("user").get(pk=feed.pk)
        with django_assert_num_queries(1):
            feeds.read(feed, day(1, 9, 5))


def test_each_hour_it_is_read_anew_for_series_and_deals_go_on(ines: User) -> None:
    weekly = event(start=day(0, 10), more="RRULE:FREQ=WEEKLY;COUNT=10")
    with listening(Listener(body=calendar(weekly))) as server:
        feed = feed_of(ines, server, day(1))
        assert Meeting.objects.count() == 0  # nobody knows Mara yet
        deal = make_deal(ines, contact=make_contact(addresses={"email": ADDRESS}), opened_at=day(1))
        feed = again(feed, day(1, 10))
        assert [to for _, to in held(deal)] == [day(7, 11)]
        feed = again(feed, day(7, 12))

    assert [to for _, to in held(deal)] == [day(7, 11), day(14, 11)]


def test_a_calendar_moves_no_deal_that_its_owner_does_not_see(deal: Deal, noor: User) -> None:
    with listening(Listener(body=calendar(event()))) as server:
        feed_of(noor, server)

    assert (Meeting.objects.count(), held(deal)) == (0, [])


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;COUNT=1000000"],
)
def test_a_hostile_series_ends_with_a_sentence(rule: str) -> None:
    start = day(0, 10) - timedelta(days=9000)
    endless = [event(f"{n}", start=start, more=f"RRULE:{rule}") for n in range(2000)]

    with pytest.raises(UnreadableCalendarError) as too_much:
        calendar_reader.appointments(calendar(*endless).decode(), zone="UTC", now=NOW, seconds=1)

    assert str(too_much.value) == calendar_reader.TOO_MUCH


def test_a_calendar_read_apart_says_the_same_as_read_here() -> None:
    whole_day = (
        "BEGIN:VEVENT\r\nUID:day\r\nDTSTART;VALUE=DATE:20260305\r\nSUMMARY:Messe Köln ☕\r\n"
        "END:VEVENT"
    )
    floating = "BEGIN:VEVENT\r\nUID:float\r\nDTSTART:20260305T090000\r\nEND:VEVENT"
    text = calendar(event(), whole_day, floating).decode()

    apart = calendar_reader.appointments(text, zone="Europe/Riga", now=NOW)

    assert apart == read(text, zone="Europe/Riga", now=NOW)
    assert [one.starts_at for one in apart] == [day(7, 10), day(2, 22), day(3, 7)]


def test_a_large_calendar_is_refused(deal: Deal, ines: User) -> None:
    big = calendar(event(), event("big", more="DESCRIPTION:" + "x" * feeds.LONGEST_BYTES))
    with listening(Listener(body=big)) as server:
        feed = feed_of(ines, server)

    assert feed.read_problem == "The calendar is larger than 5 MB. Publish fewer months of it."


def test_an_address_whose_key_is_gone_is_said_so(ines: User, settings: Any) -> None:
    with listening(Listener(body=calendar())) as server:
        feed = feed_of(ines, server)
    settings.FIELD_KEYS = ["0" * 43 + "="]
    [due] = feeds.due(day(2))
    feeds.read(due, day(2))

    assert CalendarFeed.objects.defer("url").get(pk=feed.pk).read_problem == feeds.KEY_IS_GONE


def test_a_feed_is_due_every_five_minutes_and_for_one_worker(ines: User, karl: User) -> None:
    with listening(Listener(body=calendar())) as server:
        for user in (ines, karl):
            feed_of(user, server)
    karl.is_active = False
    karl.save()

    def due(now: datetime) -> list[User]:
        return [feed.user for feed in feeds.due(now)]

    assert due(NOW + timedelta(minutes=4)) == []
    assert due(NOW + timedelta(minutes=5)) == [ines]
    assert due(NOW + timedelta(minutes=5)) == []
    assert due(NOW + timedelta(minutes=10)) == [ines]


@pytest.mark.django_db(transaction=True)
def test_the_task_run_twice_reads_once(deal: Deal, ines: User) -> None:
    with listening(Listener(body=calendar(event()))) as server:
        feed_of(ines, server)
        tasks.read_calendars()
        tasks.read_calendars()

    assert len(server.heard) == 2  # once when it was saved


def test_webcal_is_another_word_for_https() -> None:
    assert feeds.address_of(" webcal://p1.example/x.ics ") == "https://p1.example/x.ics"
    assert feeds.address_of("https://p1.example/x.ics") == "https://p1.example/x.ics"
