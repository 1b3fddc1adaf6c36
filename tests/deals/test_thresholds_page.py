"""The thresholds: read by managers; looked at, then changed, by admins."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from deals import thresholds
from deals.models import Rejudging, Stage, Threshold
from tests.cast import Story, make_deal, sweep_at

PAGE = "/thresholds/"


@pytest.fixture
def demo(workspace: object) -> Stage:
    """Demo: dark after a week."""
    return Stage.objects.get(name="Demo")


def waiting(owner: User, days: float, **fields: object) -> Story:
    """Return a deal in Demo that has waited for them so many days up to now."""
    start = timezone.now() - timedelta(days=days)
    story = Story(make_deal(owner, "Demo", opened_at=start, **fields))
    story.we_write(start)
    return story


def said(**fields: object) -> dict[str, object]:
    """Return the form as it stands on Demo, with changes."""
    return {
        "dark_after": "1w", "on_entry": "unchanged", "reply_within": "1wd", "attempts": 5,
        "spacing": "2wd, 3wd, 5wd, 7wd", **fields,
    }  # fmt: skip


def words(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def look(client: Client, stage: Stage, **fields: object) -> tuple[HttpResponse, str]:
    """Preview a change; return the answer and the proof of having seen it."""
    response = client.post(f"{PAGE}{stage.pk}/preview/", said(**fields))
    found = re.search(r'name="seen" value="([^"]+)">\s*<div', response.content.decode())
    return response, found[1] if found else ""


def latest(stage: Stage) -> Threshold:
    return Threshold.objects.filter(stage=stage).latest("pk")


def test_every_stage_says_its_patience_and_what_it_flags_now(
    client: Client, demo: Stage, ines: User, noor: User, maud: User, ada: User
) -> None:
    waiting(ines, 10)
    waiting(ines, 2)
    waiting(noor, 10)
    for user, open_ones, dark in ((maud, 2, 1), (ada, 3, 2)):
        client.force_login(user)
        page = words(client.get(PAGE))
        assert re.search(
            rf"Demo 1 week {open_ones} {dark} Proposal 1 working day 0 0 ",
            page,
        )


def test_reps_find_no_thresholds(client: Client, demo: Stage, ines: User) -> None:
    client.force_login(ines)
    for url in (PAGE, f"{PAGE}{demo.pk}/", f"{PAGE}{demo.pk}/progress/"):
        assert client.get(url).status_code == 404
    assert look(client, demo, dark_after="5d")[0].status_code == 404
    assert client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d")).status_code == 404


def test_managers_read_but_do_not_change(
    client: Client, demo: Stage, noor: User, maud: User
) -> None:
    waiting(noor, 6, title="Theirs")
    client.force_login(maud)
    page = words(client.get(f"{PAGE}{demo.pk}/"))
    assert ("1 week" in page, "Count the past by it too" in page) == (True, False)
    assert "Spacing 2 working days, 3 working days, 5 working days, 7 working days" in page
    response, _ = look(client, demo, dark_after="5d")
    assert response.status_code == 404
    assert client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d")).status_code == 404
    assert latest(demo).dark_after == "1w"


def test_a_change_is_shown_with_its_deals_before_it_is_saved(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    waiting(ines, 10, title="Dark already")
    flagged = waiting(ines, 6, title="Six days")
    waiting(ines, 2, title="Two days")
    client.force_login(ada)
    response, seen = look(client, demo, dark_after="5D")
    page = words(response)
    assert "It would flag 1 open deal that is not dark now." in page
    assert "Dark after 1 week 5 days" in page
    assert "Dark at this moment 2 now 1" in page
    assert ("Use 5 days" in page, "Keep 1 week" in page) == (True, True)
    assert "Takes effect at once: 1 deal turns dark." in page
    assert ("Six days" in page, "Two days" in page) == (True, False)
    assert f"/deals/{flagged.deal.pk}/" in response.content.decode()
    assert latest(demo).dark_after == "1w"

    response = client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d", seen=seen), follow=True)
    assert "Demo is dark after 5 days, from now on." in words(response)
    version = latest(demo)
    assert (version.dark_after, version.created_by, version.counts_from) == (
        "5d", ada, version.created_at,
    )  # fmt: skip


def test_patience_that_grows_says_what_stops_being_dark(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    waiting(ines, 10, title="Ten days")
    waiting(ines, 40)
    sweep_at(timezone.now())
    client.force_login(ada)
    page = words(look(client, demo, dark_after="3w")[0])
    assert "It would flag no open deal that is not dark already. 1 would stop being dark." in page
    assert "Would stop being dark Ten days" in page


def test_what_was_not_looked_at_is_not_saved_but_shown(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    waiting(ines, 6)
    client.force_login(ada)
    unseen = client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d"))
    _, seen = look(client, demo, dark_after="4d")
    changed = client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d", seen=seen))
    forged = client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d", seen="5d"))
    _, seen = look(client, demo, dark_after="5d")
    past_too, unlike = (
        client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d", seen=seen, **more))
        for more in ({"retroactive": "on"}, {"attempts": 9})
    )
    for response in (unseen, changed, forged, past_too, unlike):
        assert response.status_code == 422
        assert "It would flag 1 open deal" in words(response)
    for response in (changed, past_too, unlike):
        assert "Something was changed after the last look" in words(response)
    assert (latest(demo).dark_after, Rejudging.objects.count()) == ("1w", 0)


def test_trying_on_warns_of_no_change(client: Client, demo: Stage, ada: User) -> None:
    client.force_login(ada)
    _, seen = look(client, demo, dark_after="4d")
    moved = client.post(f"{PAGE}{demo.pk}/preview/", said(dark_after="5d", seen=seen))
    assert moved.status_code == 200
    assert "Something was changed" not in words(moved)


def test_what_another_admin_changed_meanwhile_is_not_overwritten_unseen(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    client.force_login(ada)
    _, seen = look(client, demo, dark_after="5d")
    thresholds.change_span(demo, "2w", now=timezone.now())
    response = client.post(f"{PAGE}{demo.pk}/", said(dark_after="5d", seen=seen))
    assert response.status_code == 422
    assert "Dark after 2 weeks 5 days" in words(response)
    assert latest(demo).dark_after == "2w"


def test_the_past_is_counted_too_where_the_admin_says_so(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    waiting(ines, 6)
    client.force_login(ada)
    response, seen = look(client, demo, dark_after="5d", retroactive="on")
    assert "The past is judged anew in the background" in words(response)
    response = client.post(
        f"{PAGE}{demo.pk}/", said(dark_after="5d", retroactive="on", seen=seen), follow=True
    )
    assert latest(demo).counts_from is None
    assert "0 of 1 deals are done" in words(response)
    part = client.get(f"{PAGE}{demo.pk}/progress/", headers={"HX-Request": "true"})
    assert "0 of 1 deals are done." in words(part)
    half_done = {"deals_done": 1, "deals_total": 3}
    an_hour_ago = timezone.now() - timedelta(hours=1)
    Rejudging.objects.update(**half_done, created_at=an_hour_ago)
    part = client.get(f"{PAGE}{demo.pk}/progress/", headers={"HX-Request": "true"})
    assert "1 of 3 deals are done, and the rest takes about 2 h." in words(part)
    thresholds.rejudge(Rejudging.objects.get(), timezone.now)
    part = client.get(f"{PAGE}{demo.pk}/progress/", headers={"HX-Request": "true"})
    assert "The past is judged anew." in words(part)
    whole = client.get(f"{PAGE}{demo.pk}/progress/", follow=True)
    assert "judged anew" not in words(whole)


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"dark_after": "soon"}, "Write a number and a unit, such as 3w, 7d or 36h"),
        ({"dark_after": ""}, "This field is required"),
        ({"dark_after": "0d"}, "Write a number and a unit"),
        ({"reply_within": "1x"}, "Write a number and a unit"),
        ({"spacing": "1wd; 2wd"}, "Write a number and a unit"),
        ({"attempts": "0", "dark_after": "5d"}, "greater than or equal to 1"),
        ({"attempts": "99"}, "less than or equal to 20"),
        ({"on_entry": "nobody"}, "Select a valid choice"),
        ({}, "This is what is in force already. Change something first."),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(
    client: Client, demo: Stage, ada: User, fields: dict[str, str], remedy: str
) -> None:
    client.force_login(ada)
    for url in (f"{PAGE}{demo.pk}/", f"{PAGE}{demo.pk}/preview/"):
        for headers in ({}, {"HX-Request": "true"}):
            response = client.post(url, said(**fields), headers=headers)
            assert response.status_code == 422
            assert remedy in words(response).replace("&#x27;", "'")
    assert Threshold.objects.filter(stage=demo).count() == 1


def test_typing_gets_the_preview_alone_and_no_script_the_whole_page(
    client: Client, demo: Stage, ada: User
) -> None:
    client.force_login(ada)
    url = f"{PAGE}{demo.pk}/preview/"
    whole = client.post(url, said(dark_after="5d")).content.decode()
    part = client.post(url, said(dark_after="5d"), headers={"HX-Request": "true"}).content.decode()
    assert ("<html" in whole, "<html" in part) == (True, False)
    assert 'value="5d"' in whole
    assert part.strip().startswith('<div class="studio-preview" id="preview"')


def test_the_history_tells_who_changed_what_when_and_why(
    client: Client, demo: Stage, maud: User, ada: User
) -> None:
    at = datetime.fromisoformat("2026-03-02T09:30:00+00:00")
    thresholds.change(demo, **said(dark_after="5d"), now=at, user=ada, note="They answer faster")
    maud.time_zone = "Asia/Tokyo"
    maud.save(update_fields=["time_zone"])
    client.force_login(maud)
    page = words(client.get(f"{PAGE}{demo.pk}/"))
    assert (
        "2 Mar 2026, 18:30 Ada Dark after: 1 week → 5 days in force from then on They answer faster"
        in page
    )
    assert "Lamplighter Dark after: 1 week" in page


def test_a_stage_without_a_threshold_gets_its_first(client: Client, demo: Stage, ada: User) -> None:
    pilot = Stage.objects.create(pipeline=demo.pipeline, name="Pilot", position=9)
    client.force_login(ada)
    assert "Not set" in words(client.get(PAGE))
    response, seen = look(client, pilot, dark_after="2w")
    assert "Dark after Not set 2 weeks" in words(response)
    client.post(f"{PAGE}{pilot.pk}/", said(dark_after="2w", seen=seen))
    assert (latest(pilot).dark_after, latest(pilot).counts_from) == ("2w", None)


def test_a_stage_that_is_not_there_is_not_found(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get(f"{PAGE}999/").status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_deals(
    client: Client, demo: Stage, ines: User, ada: User
) -> None:
    client.force_login(ada)

    def asked() -> list[int]:
        counts = []
        for ask in (
            lambda: client.get(PAGE),
            lambda: client.get(f"{PAGE}{demo.pk}/"),
            lambda: look(client, demo, dark_after="5d"),
        ):
            with CaptureQueriesContext(connection) as found:
                ask()
            counts.append(len(found))
        return counts

    waiting(ines, 6)
    at_one = asked()
    waiting(ines, 6)
    waiting(ines, 10)
    assert (at_one, asked()) == ([37, 38, 40], [37, 38, 40])
