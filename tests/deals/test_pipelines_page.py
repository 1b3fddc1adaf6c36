"""Pipelines and stages, as admins shape them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from deals.models import Pipeline, Stage, Threshold, Turn
from tests.cast import make_deal

PAGE = "/settings/pipelines/"


@pytest.fixture
def admin(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


@pytest.fixture
def sales(workspace: object) -> Pipeline:
    return Pipeline.objects.get(name="New business")


def names(pipeline: Pipeline) -> list[str]:
    return [stage.name for stage in pipeline.stages.all()]


def test_only_admins_find_the_pipelines(
    client: Client, ines: User, maud: User, sales: Pipeline
) -> None:
    stage = sales.stages.get(name="Demo")
    pages = [PAGE, f"{PAGE}new/", f"{PAGE}{sales.pk}/", f"{PAGE}{sales.pk}/stages/"]
    pages.append(f"/settings/stages/{stage.pk}/")
    posts = [f"{PAGE}{sales.pk}/removal/", f"/settings/stages/{stage.pk}/removal/"]
    posts.append(f"/settings/stages/{stage.pk}/place/")
    for user in (ines, maud):
        client.force_login(user)
        assert {client.get(url).status_code for url in pages} == {404}
        assert {client.post(url).status_code for url in [*posts, *pages[1:]]} == {404}
    assert names(sales) == ["Discovery", "Demo", "Proposal", "Negotiation"]


def test_a_new_stage_comes_last_and_is_dark_after_21_days(
    admin: Client, ada: User, sales: Pipeline
) -> None:
    admin.post(f"{PAGE}{sales.pk}/stages/", {"name": "Contract", "chance": 85})
    assert names(sales)[-1] == "Contract"
    threshold = Threshold.objects.get(stage__name="Contract")
    assert (threshold.dark_after, threshold.on_entry, threshold.created_by) == (
        "21d", Turn.UNCHANGED, ada,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "field", "remedy"),
    [
        ({"name": "demo", "chance": 5}, "name", "Another stage of this pipeline is called so."),
        ({"name": "Contract", "chance": 101}, "chance", "Ensure this value is less than"),
        ({"name": "", "chance": 5}, "name", "This field is required."),
    ],
)
def test_a_stage_that_cannot_be_is_refused(
    admin: Client, sales: Pipeline, told: dict[str, object], field: str, remedy: str
) -> None:
    response = admin.post(f"{PAGE}{sales.pk}/stages/", told)
    assert response.status_code == 422
    assert response.context["form"].errors[field][0].startswith(remedy)
    assert len(names(sales)) == 4


def test_stages_move_up_and_down_and_stop_at_the_ends(admin: Client, sales: Pipeline) -> None:
    demo = sales.stages.get(name="Demo")

    def move(way: str) -> list[str]:
        admin.post(f"/settings/stages/{demo.pk}/place/", {"way": way})
        return names(sales)

    assert move("up") == ["Demo", "Discovery", "Proposal", "Negotiation"]
    assert move("up") == ["Demo", "Discovery", "Proposal", "Negotiation"]
    assert move("down") == ["Discovery", "Demo", "Proposal", "Negotiation"]
    assert move("down") == ["Discovery", "Proposal", "Demo", "Negotiation"]
    assert move("down") == ["Discovery", "Proposal", "Negotiation", "Demo"]
    assert move("down") == ["Discovery", "Proposal", "Negotiation", "Demo"]


def test_a_stage_gets_another_name_and_chance(admin: Client, sales: Pipeline) -> None:
    demo = sales.stages.get(name="Demo")
    admin.post(f"/settings/stages/{demo.pk}/", {"name": "Show", "chance": 30})
    demo.refresh_from_db()
    assert (demo.name, demo.chance, demo.position) == ("Show", 30, 1)


def test_only_a_stage_that_no_deal_was_in_goes(admin: Client, ines: User, sales: Pipeline) -> None:
    make_deal(ines, "Demo")
    used, unused = (sales.stages.get(name=name) for name in ("Demo", "Proposal"))
    said = admin.post(f"/settings/stages/{used.pk}/removal/", follow=True).content.decode()
    assert "their history needs it. Give it another name instead." in said
    admin.post(f"/settings/stages/{unused.pk}/removal/")
    assert names(sales) == ["Discovery", "Demo", "Negotiation"]


def test_pipelines_are_made_renamed_and_removed_while_unused(
    admin: Client, ines: User, sales: Pipeline
) -> None:
    make_deal(ines, "Demo")
    admin.post(f"{PAGE}new/", {"name": "Partners", "kind": "prospects"})
    partners = Pipeline.objects.get(name="Partners")
    assert partners.position == 2
    admin.post(f"{PAGE}{partners.pk}/", {"name": "Resellers", "kind": "prospects"})
    assert Pipeline.objects.get(pk=partners.pk).name == "Resellers"
    again = admin.post(f"{PAGE}new/", {"name": "Resellers", "kind": "prospects"})
    assert (again.status_code, again.context["form"].errors["name"]) == (
        422, ["Another pipeline is called so. Choose another name."],
    )  # fmt: skip
    admin.post(f"{PAGE}{partners.pk}/removal/")
    said = admin.post(f"{PAGE}{sales.pk}/removal/", follow=True).content.decode()
    assert "Deals were or are in “New business”" in said
    assert set(Pipeline.objects.values_list("name", flat=True)) == {"New business", "Customers"}


def test_the_only_pipeline_stays(admin: Client, sales: Pipeline) -> None:
    Pipeline.objects.exclude(pk=sales.pk).delete()
    said = admin.post(f"{PAGE}{sales.pk}/removal/", follow=True).content.decode()
    assert "This is the only pipeline. Make another one first." in said
    assert Pipeline.objects.get() == sales


def test_the_page_asks_no_more_for_more_stages(admin: Client, ines: User, sales: Pipeline) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert admin.get(PAGE).status_code == 200
        return len(asked)

    Pipeline.objects.exclude(pk=sales.pk).delete()
    Stage.objects.exclude(name="Demo").delete()
    admin.get(PAGE)
    one = queries()
    for name in ("Two", "Three"):
        admin.post(f"{PAGE}{sales.pk}/stages/", {"name": name, "chance": 5})
        make_deal(ines, name)
    admin.get(PAGE)
    assert (one, queries()) == (6, 6)
