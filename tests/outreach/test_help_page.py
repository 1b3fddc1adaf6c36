"""Help inside the app: the docs that are for everyone, and nothing else of the disk."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from outreach import handbook


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.mark.parametrize("name", handbook.PAGES)
def test_everyone_who_is_signed_in_reads_every_page(rep: Client, name: str) -> None:
    page = rep.get(f"/help/{name}/").content.decode()
    title = (settings.BASE_DIR / "docs" / f"{name}.md").read_text().splitlines()[0]
    assert f"<h1>{title.removeprefix('# ')}</h1>" in page.replace("&#x27;", "'")


def test_help_needs_a_sign_in(client: Client, db: None) -> None:
    assert client.get("/help/tone/").url == "/account/login/?next=/help/tone/"


@pytest.mark.parametrize("name", ["operating", "SILENCE", "..", "decisions", "nothing"])
def test_no_other_file_is_shown(rep: Client, name: str) -> None:
    assert rep.get(f"/help/{name}/").status_code == 404


def test_a_page_that_is_not_listed_is_no_page() -> None:
    with pytest.raises(KeyError):
        handbook.read("operating")


def test_sections_have_anchors_and_stand_in_the_contents(rep: Client) -> None:
    page = rep.get("/help/re-engaging/").content.decode()
    assert '<h2 id="why-they-are-silent">Why they are silent</h2>' in page
    assert '<a href="#why-they-are-silent">Why they are silent</a>' in page
    tables = re.findall('aria-label="(Table [0-9]+)"><table class="table">', page)
    assert tables == [f"Table {number}" for number in range(1, len(tables) + 1)]
    assert len(tables) > 1


def test_examples_scroll_by_themselves_under_a_name_of_their_own(rep: Client) -> None:
    page = rep.get("/help/connecting/").content.decode()
    names = re.findall('<pre tabindex="0" role="region" aria-label="(Example [0-9]+)">', page)
    assert names == [f"Example {number}" for number in range(1, page.count("<pre") + 1)]
    assert len(names) > 1


def written(folder: Path, text: str) -> handbook.Page:
    path = folder / "page.md"
    path.write_text(text)
    return handbook._page("page", path, path.stat().st_mtime_ns)


def test_raw_html_stays_text_and_no_address_is_a_script(tmp_path: Path) -> None:
    page = written(tmp_path, "# T\n\n<script>x</script> [a](javascript:alert(1)) <b onclick=x>")
    assert "<script" not in page.html
    assert "<b" not in page.html
    assert "href" not in page.html


def test_links_lead_inside_the_app_or_nowhere(tmp_path: Path) -> None:
    page = written(
        tmp_path,
        "# T\n\n[check](tone.md#what-it-finds) [why](decisions/072-x.md) [up](../README.md) "
        "[here](#there) [out](https://example.org) [`words`](glossary.md)",
    )
    assert page.html == (
        '<p><a href="/help/tone/#what-it-finds">check</a> why up <a href="#there">here</a> '
        '<a href="https://example.org">out</a> <a href="/help/glossary/"><code>words</code></a></p>\n'
    )


def test_equal_headings_are_told_apart(tmp_path: Path) -> None:
    page = written(tmp_path, "# T\n\n## What `to` say?\n\n## What to say\n\n### Deep\n\n## …\n")
    assert page.headings == (
        handbook.Heading("What to say?", "what-to-say"),
        handbook.Heading("What to say", "what-to-say-1"),
        handbook.Heading("…", "section"),
    )
    assert '<h3 id="deep">' in page.html


@pytest.mark.parametrize("name", handbook.PAGES)
def test_every_link_within_help_leads_to_a_section_that_is_there(name: str) -> None:
    known = {
        page: set(re.findall(r'id="([^"]+)"', handbook.read(page).html)) for page in handbook.PAGES
    }
    for page, anchor in re.findall(
        r'href="(?:/help/([\w-]+)/)?#([^"]+)"', handbook.read(name).html
    ):
        assert anchor in known[page or name]


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    assert written(tmp_path, "# One\n\nfirst").html == "<p>first</p>\n"
    path = tmp_path / "page.md"
    path.write_text("# Two\n\nsecond")
    assert handbook._page("page", path, 2).title == "Two"


def test_the_image_has_the_pages(tmp_path: Path) -> None:
    """The step of docker/build.sh that copies them, and the gate that .dockerignore is."""
    project = Path(settings.BASE_DIR)
    steps = (project / "docker" / "build.sh").read_text()
    [copy] = re.findall(r'^mkdir "\$target/app/docs".*\n^cp .*$', steps, re.MULTILINE)
    (tmp_path / "app").mkdir()
    script = f"set -eu\nsource={project}\ntarget={tmp_path}\n{copy}"
    subprocess.run(["/bin/sh", "-c", script], check=True)
    assert {f"{name}.md" for name in handbook.PAGES} <= {
        path.name for path in (tmp_path / "app" / "docs").iterdir()
    }
    assert "!docs/*.md" in (project / ".dockerignore").read_text().splitlines()
