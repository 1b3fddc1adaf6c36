"""Only our own server's word for a sender counts, whatever else stands in a mail."""

from __future__ import annotations

import pytest

from outreach.mail.filing.authenticity import judge
from outreach.mail.parsing.parsed import Party
from tests.incoming import read_mail

MX = "mx.yard.example"
RECEIVED = ("received", f"from mail.example.org by {MX}; Mon, 2 Mar 2026 09:00:00 +0000")
FOREIGN = ("received", "from a.example.org by relay.example.org; Mon, 2 Mar 2026 08:59:00 +0000")


def report(said: str, authority: str = MX) -> tuple[str, str]:
    return "authentication-results", f"{authority}; {said}"


def judged(*headers: tuple[str, str], authorities: tuple[str, ...] = (MX,)) -> str:
    return str(judge(read_mail(headers=headers), authorities))


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("dmarc=pass header.from=example.org", "pass"),
        ("dmarc=bestguesspass action=none header.from=example.org", "pass"),
        ("spf=fail smtp.mailfrom=x.example; dkim=none; dmarc=fail (p=REJECT) header.from=example.org",
         "fail"),
        ("dkim=pass (2048-bit key; unprotected) header.d=example.org; dmarc=FAIL", "fail"),
        ("dmarc=none; dkim=pass header.d=example.org header.s=a", "pass"),
        ("dkim=pass header.i=@mail.example.org", "pass"),
        ("spf=pass smtp.mailfrom=bounces@example.org", "pass"),
        ("spf=pass smtp.mailfrom=bounces@sender.example; dkim=pass header.d=sender.example", "none"),
        ("dkim=fail header.d=example.org; spf=softfail smtp.mailfrom=example.org", "none"),
        ("dmarc=temperror header.from=example.org", "none"),
        ("dmarc=pass header.from=other.example", "fail"),
        ("dmarc=pass header.from=mail.example.org", "pass"),
        ("none", "none"),
        ("(dmarc=pass) dmarc=fail", "fail"),
        ("x-note=\"dmarc=pass\"; dmarc=fail", "fail"),
        ('smtp.mailfrom="a; dmarc=pass; b"@x.example; dmarc=fail', "fail"),
        ('spf=pass (a \\) ; dmarc=pass) smtp.mailfrom=")("@x.example; dmarc=fail', "fail"),
        ("", "none"),
    ],
)  # fmt: skip
def test_what_our_server_reports(said: str, verdict: str) -> None:
    assert judged(RECEIVED, report(said)) == verdict


def test_a_report_counts_above_and_below_the_line_in_which_the_server_says_that_it_received_it() -> (
    None
):
    forged = report("dmarc=fail")
    assert judged(forged, RECEIVED) == judged(RECEIVED, forged) == "fail"


def test_what_came_with_the_mail_is_ignored() -> None:
    ours, lie = report("dmarc=fail"), report("dmarc=pass header.from=example.org")
    assert judged(RECEIVED, ours, ("dkim-signature", "v=1"), lie) == "fail"
    assert judged(RECEIVED, ours, lie) == "fail"
    assert judged(RECEIVED, FOREIGN, lie) == "none"
    assert judged(RECEIVED, report("dmarc=pass", "mx.example.org")) == "none"
    assert judged(RECEIVED, ("x-authentication-results", f"{MX}; dmarc=pass")) == "none"
    assert judged(RECEIVED, report("dmarc=pass", f"x{MX}")) == "none"


def test_without_a_trusted_name_nobodys_word_counts() -> None:
    assert judged(report("dmarc=pass"), authorities=("", " ")) == "none"
    assert judged(report("dmarc=fail"), authorities=()) == "none"
    assert judged(authorities=(MX,)) == "none"


def test_several_reports_of_one_server_are_read_together() -> None:
    spf, dmarc = report("spf=pass smtp.mailfrom=x.example"), report("dmarc=fail")
    assert judged(spf, dmarc, RECEIVED) == "fail"


def test_names_are_compared_without_case_version_and_comments() -> None:
    assert judged(report("dmarc=pass", "MX.Yard.Example (checked) 1")) == "pass"


def test_gmail_puts_its_report_below_two_lines_of_its_own() -> None:
    headers = (
        ("received", "by 2002:a05:6a10:1 with SMTP id x; Mon, 2 Mar 2026 01:00:00 -0800 (PST)"),
        ("x-received", "by 2002:a05:6a10:2 with SMTP id y; Mon, 2 Mar 2026 01:00:00 -0800 (PST)"),
        ("received", "from mail.example.org by mx.google.com with ESMTPS id z"),
        ("received-spf", "pass (google.com: domain of mara@example.org)"),
        report("dkim=pass header.i=@example.org; dmarc=pass (p=NONE) header.from=example.org",
               "mx.google.com"),
        FOREIGN,
    )  # fmt: skip
    assert judged(*headers, authorities=("mx.google.com",)) == "pass"


def test_microsoft_signs_its_report_with_no_name_so_only_the_topmost_one_is_believed() -> None:
    received = ("received", "from a by b.prod.outlook.com (2603:10a6::1) with HTTPS")
    nameless = (
        "authentication-results",
        "spf=pass smtp.mailfrom=x.example; dmarc=fail action=none",
    )
    lie = ("authentication-results", "dmarc=pass header.from=example.org")
    trusted = ("mx.microsoft.com",)
    assert judged(received, nameless, lie, authorities=trusted) == "fail"
    assert judged(received, nameless) == "none"
    above = report("dmarc=fail", "elsewhere.example")
    assert judged(received, above, lie, authorities=trusted) == "none"


def test_a_mail_that_names_two_senders_is_made_to_be_misread() -> None:
    senders = (Party("mara@example.org"), Party("eve@evil.example"))
    said = report("dmarc=pass header.from=evil.example")
    assert judge(read_mail(senders=senders, headers=(said,)), (MX,)) == "fail"
    assert judge(read_mail(senders=senders[::-1], headers=(said,)), (MX,)) == "fail"
    assert judge(read_mail(senders=senders, headers=(said,)), ()) == "none"


def test_international_domains_are_compared_as_they_stand_on_the_wire() -> None:
    said = report("dmarc=pass header.from=xn--mller-kva.example")
    assert judge(read_mail(sender="mara@müller.example", headers=(said,)), (MX,)) == "pass"


def test_a_mail_without_a_sender_is_vouched_for_by_nobody() -> None:
    parsed = read_mail(sender="", headers=(report("dkim=pass header.d=example.org"),))
    assert judge(parsed, (MX,)) == "none"
