"""The last day of an absence, as notes in many languages and ways of writing name it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from outreach.mail.sorting.returning import last_day_away

TUESDAY = date(2026, 7, 28)
NOTES = {
    # until: the day itself
    "I am out of the office until 12 August.": "08-12",
    "I will be out of office until Monday, August 3rd, 2026.": "08-03",
    "on leave through Friday": "07-31",
    "Out of office until 2026-08-14": "08-14",
    "on leave until end of August": "08-31",
    "I'm out until tomorrow": "07-29",
    "Ich bin bis einschließlich 15.08.2026 nicht im Büro.": "08-15",
    "bis zum 7. Aug. bin ich nicht erreichbar": "08-07",
    "Je suis absent jusqu'au 21 août inclus.": "08-21",
    "Estaré fuera de la oficina hasta el 15 de agosto.": "08-15",
    "Ik ben afwezig tot en met 14 augustus.": "08-14",
    "Jestem na urlopie do 14 sierpnia 2026 r.": "08-14",
    "Esmu atvaļinājumā līdz 14. augustam.": "08-14",
    # from … to: the second one
    "I am away from 1 August to 14 August 2026.": "08-14",
    "Out from August 3-14, back on August 17.": "08-14",
    "I am out 8/3/2026 - 8/14/2026": "08-14",
    "I am out of office 28-Jul-2026 to 07-Aug-2026": "08-07",
    "Ich bin vom 3. bis 14. August im Urlaub.": "08-14",
    "Absente du 3 au 14 août 2026, de retour le 17.": "08-14",
    "Je suis en congés du 27/07 au 07/08/2026.": "08-07",
    "Estoy de vacaciones del 3 al 14 de agosto.": "08-14",
    "Ik ben van 27 juli t/m 7 augustus met vakantie.": "08-07",
    "Urlop od 3 do 14 sierpnia": "08-14",
    "Būšu prombūtnē no 3. augusta līdz 14. augustam": "08-14",
    "Esmu atvaļinājumā no 03.08.2026. līdz 14.08.2026.": "08-14",
    # back: the day before
    "I will be back on the 12th.": "08-11",
    "returning Monday 3 August": "08-02",
    "I am back in the office on Monday.": "08-02",
    "I will not be back until Monday, 10 August": "08-09",
    "I am currently out of the office, returning 08/10/2026.": "08-09",
    "Ab Montag, den 17. August bin ich wieder für Sie da.": "08-16",
    "Ich bin am 10.8.2026 wieder im Haus": "08-09",
    "Je serai de retour le lundi 17 août.": "08-16",
    "Vuelvo el lunes 17 de agosto de 2026.": "08-16",
    "Vanaf 17 augustus ben ik weer bereikbaar": "08-16",
    "Wracam 17 sierpnia.": "08-16",
    "Od 17.08.2026 będę ponownie dostępny.": "08-16",
    "Atgriezīšos 2026. gada 17. augustā.": "08-16",
    "No 17. augusta būšu atpakaļ birojā": "08-16",
    # nothing to go by
    "I am on vacation this week.": None,
    "I was away until 12 July 2025.": None,
    "I am out of the office. Call 555 12 34 or 12.30.": None,
    "I will be back in January.": None,
    "Away until 30 February": None,
}


@pytest.mark.parametrize("note", NOTES)
def test_a_note_names_the_last_day_away(note: str) -> None:
    said = NOTES[note]
    wanted = date.fromisoformat(f"2026-{said}") if said else None
    assert last_day_away("", note, TUESDAY) == wanted


def test_a_day_without_a_year_is_the_next_one() -> None:
    note = "I am out of office until 2 January."
    assert last_day_away("", note, date(2026, 12, 20)) == date(2027, 1, 2)


def test_a_note_that_nobody_took_down_names_no_day() -> None:
    assert last_day_away("", "I am on leave until 10 July.", TUESDAY) is None


@pytest.mark.parametrize(
    ("is_american", "wanted"), [(True, date(2026, 10, 9)), (False, date(2026, 9, 10))]
)
def test_an_american_server_settles_which_number_is_the_month(
    is_american: bool, wanted: date
) -> None:
    note = "I am out of the office until 10/09/2026."
    assert last_day_away("", note, TUESDAY, is_american=is_american) == wanted
    assert last_day_away("", "Absent jusqu'au 09/10/2026", TUESDAY) == date(2026, 10, 9)


def test_no_day_is_before_the_mail_or_more_than_a_year_after_it() -> None:
    start = date(2026, 1, 1)
    for days in range(0, 800, 7):
        said = start + timedelta(days=days)
        found = last_day_away("", f"Out of office until {said.isoformat()}", TUESDAY)
        assert (found is None) == (not TUESDAY <= said <= TUESDAY + timedelta(days=366))


def test_a_quoted_note_below_is_not_theirs() -> None:
    text = "I am away.\n\nOn Mon, 27 Jul 2026 at 09:00, Ines wrote:\n> back on 3 August"
    assert last_day_away("", text, TUESDAY) is None
