"""The house rules of templates/ and static/ that no linter knows (docs/look.md)."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string

# A mail program knows neither our style sheets nor our policy: a mail carries its own.
OF_MAILS = settings.BASE_DIR / "templates" / "outreach" / "digest" / "mail.html"
TEMPLATES = sorted({*(settings.BASE_DIR / "templates").rglob("*.html")} - {OF_MAILS})
STYLES = sorted((settings.BASE_DIR / "static" / "css").rglob("*.css"))
MODULES = sorted((settings.BASE_DIR / "static" / "js").glob("*.js"))


def meter(at: float) -> str:
    return render_to_string(
        "partials/meter.html", {"at": at, "state": "dark", "label": "1.5 times the threshold"}
    )


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_needs_an_exception_from_the_content_policy(template: Path) -> None:
    text = template.read_text()

    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|javascript:|hx-on", text) == []
    assert re.findall(r"<script(?![^>]*(?:\ssrc=|type=\"application/json\"))", text) == []


def test_every_style_sheet_is_on_every_page_and_the_layers_come_first() -> None:
    listed = re.findall(
        r"'css/([^']+)'", (settings.BASE_DIR / "templates/partials/styles.html").read_text()
    )
    on_disk = [path.relative_to(settings.BASE_DIR / "static/css").as_posix() for path in STYLES]

    assert sorted(listed) == sorted(on_disk)
    assert (listed[0], listed[-1]) == ("layers.css", "parts/visibility.css")


@pytest.mark.parametrize("sheet", STYLES, ids=lambda path: path.stem)
def test_a_style_sheet_stays_small_layered_and_polite(sheet: Path) -> None:
    text = sheet.read_text()

    assert len(text.splitlines()) <= 150
    assert "!important" not in text
    assert re.findall(r"(?<![\w\"(])#[a-z][\w-]*", text) == []
    assert (
        re.findall(
            r"(?:margin|padding|border)-(?:left|right|top|bottom)|[{;]\s*(?:left|right|width|height):",
            text,
        )
        == []
    )


@pytest.mark.parametrize(
    "sheet", [path for path in STYLES if path.stem != "tokens"], ids=lambda path: path.stem
)
def test_colours_have_names(sheet: Path) -> None:
    plain = re.findall(r"(?:rgb|hsl|hwb)a?\(|#[0-9a-f]{3,8}\b", sheet.read_text())

    assert plain == []


def test_our_own_scripts_stay_small() -> None:
    assert sum(len(path.read_text().splitlines()) for path in MODULES) < 400


def test_the_meter_uncovers_as_much_as_the_silence_has_come() -> None:
    assert 'x="96.9%"' in meter(96.875)
    assert 'x="0.0%"' in meter(0)


def test_the_meter_says_in_words_what_it_shows() -> None:
    assert 'role="img" aria-label="1.5 times the threshold"' in meter(93.8)


def test_an_undo_is_a_form_that_needs_no_script() -> None:
    toast = render_to_string(
        "partials/toast.html", {"text": "Let go.", "level": "success", "undo_url": "/undo/7/"}
    )

    assert '<form method="post" action="/undo/7/">' in toast
    assert "action=" not in render_to_string(
        "partials/toast.html", {"text": "Saved.", "level": "info"}
    )
