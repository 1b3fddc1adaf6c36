"""One's own mailbox: kept encrypted, tried when it is saved, and told of in plain words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import User, Workspace
from outreach.mail.doors import capture
from outreach.mail.filing.authenticity import NAMELESS
from outreach.mail.mailboxes import polling, vouching
from outreach.mail.mailboxes.presets import PRESETS
from outreach.mail.sending import senders
from outreach.mail.sending.failures import PutOffError
from outreach.mail.sending.smtp import Server, connected
from outreach.models import Mailbox, MailFolder
from outreach.models.encrypted import UnreadableSecretError
from tests import dovecot
from tests.dovecot import Account, Dovecot
from tests.mailing import Postbox, mail_server

PASSWORD = "open sesame"


@pytest.fixture
def rep(client: Client, ines: User) -> Client:
    client.force_login(ines)
    return client


@pytest.fixture
def server() -> Iterator[Postbox]:
    with mail_server(Postbox()) as served:
        yield served


def save(client: Client, port: int, **told: Any) -> str:
    """Save a mailbox and return what the next page says."""
    said = {
        "address": "ines@yard.example", "smtp_host": "127.0.0.1", "smtp_port": port,
        "smtp_security": "none", "username": "ines", "password": PASSWORD, **told,
    }  # fmt: skip
    answer = client.post("/settings/mailbox/", said, follow=True)
    page = answer.content.decode()
    assert PASSWORD not in page
    messages = [str(message) for message in answer.context["messages"]]
    errors = answer.context["form"].errors
    return " ".join([*messages, *(str(error) for each in errors.values() for error in each)])


def raw_password() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM outreach_mailbox")
        [(stored,)] = cursor.fetchall()
    return str(stored)


def test_a_mailbox_is_tried_when_it_is_saved_and_encrypted_at_rest(
    rep: Client, server: Postbox, ines: User
) -> None:
    assert save(rep, server.port).startswith("Your mailbox works.")
    assert server.sign_ins == [(b"ines", PASSWORD.encode())]
    assert server.accepted == []
    kept = Mailbox.objects.get()
    assert (kept.user, kept.password, kept.problem) == (ines, PASSWORD, "")
    assert PASSWORD not in raw_password()
    assert "It worked when it was last tried" in rep.get("/settings/mailbox/").content.decode()


def test_the_password_stays_unless_it_would_go_elsewhere(rep: Client, server: Postbox) -> None:
    save(rep, server.port)
    assert save(rep, server.port, password="", address="i@yard.example").startswith("Your mailbox")
    assert Mailbox.objects.get().password == PASSWORD
    with mail_server(Postbox()) as elsewhere:
        assert save(rep, elsewhere.port, password="") == (
            "Enter the password for this server and user name."
        )
    assert elsewhere.sign_ins == []
    assert Mailbox.objects.get().smtp_port == server.port


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"password": "wrong"}, "127.0.0.1 refused the user name or the password."),
        ({"smtp_port": 1}, "Nothing answers at 127.0.0.1, port 1. Check both."),
        ({"smtp_host": "nowhere.invalid"}, "There is no server called nowhere.invalid."),
        ({"smtp_security": "starttls"}, "127.0.0.1 does not offer that on port"),
        ({"smtp_security": "tls"}, "127.0.0.1 speaks no TLS on port"),
    ],
)
def test_what_does_not_work_is_said_with_its_remedy_and_kept(
    rep: Client, server: Postbox, ines: User, told: dict[str, Any], words: str
) -> None:
    said = save(rep, server.port, **told)
    assert strip_tags(said) == "Saved, but it does not work. See why"
    kept = Mailbox.objects.get()
    assert kept.problem.startswith(words)
    assert PASSWORD not in kept.problem
    assert (
        f"Sending did not work when it was last tried: {words}"
        in rep.get("/settings/mailbox/").content.decode()
    )
    with pytest.raises(ValidationError):
        senders.address_for(ines)


def test_a_host_with_a_path_is_none(rep: Client) -> None:
    assert save(rep, 25, smtp_host="http://yard.example/x").startswith(
        "Only the name of the server"
    )
    assert Mailbox.objects.count() == 0


def test_a_password_is_asked_for_where_there_is_a_user_name(rep: Client, server: Postbox) -> None:
    assert save(rep, server.port, password="").startswith("Enter the password")
    assert save(rep, server.port, password="", username="").startswith("Your mailbox works.")
    assert server.sign_ins == []


def test_a_removed_mailbox_is_gone_with_its_password(rep: Client, server: Postbox) -> None:
    save(rep, server.port)
    rep.post("/settings/mailbox/removal/")
    assert Mailbox.objects.count() == 0


def test_one_sees_only_ones_own(client: Client, karl: User, ines: User) -> None:
    Mailbox.objects.create(user=ines, address="ines@yard.example", smtp_host="yard.example")
    client.force_login(karl)
    assert "yard.example" not in client.get("/settings/mailbox/").content.decode()
    client.post("/settings/mailbox/removal/")
    assert Mailbox.objects.get().user == ines


def test_where_mail_is_only_printed_the_page_says_so(rep: Client, settings: Any) -> None:
    assert "replies go to ines@example.com" in rep.get("/settings/mailbox/").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = rep.get("/settings/mailbox/").content.decode()
    assert "No mail leaves this machine yet." in page


def test_keys_are_changed_one_after_the_other(ines: User, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    Mailbox.objects.create(user=ines, address="i@y.example", smtp_host="y", password=PASSWORD)
    settings.FIELD_KEYS = [new, old]
    box = Mailbox.objects.get()
    assert box.password == PASSWORD
    box.save()
    settings.FIELD_KEYS = [new]
    assert Mailbox.objects.get().password == PASSWORD
    settings.FIELD_KEYS = [old]
    with pytest.raises(UnreadableSecretError, match="Add the key"):
        Mailbox.objects.get()


def test_a_password_that_no_key_reads_is_asked_for_again(
    rep: Client, ines: User, settings: Any
) -> None:
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    Mailbox.objects.create(
        user=ines, address="i@y.example", smtp_host="y", username="i", password=PASSWORD
    )
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert rep.get("/settings/mailbox/").status_code == 200
    assert senders.address_for(ines) == "i@y.example"


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.NameAttribute
    subject = x509.Name([name(NameOID.COMMON_NAME, "yard.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    made = made.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
    )
    file = tmp_path / "both.pem"
    form, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(encoding, form, serialization.NoEncryption())
        + made.sign(key, hashes.SHA256()).public_bytes(encoding)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    certificate: ssl.SSLContext,
) -> None:
    with mail_server(Postbox(), tls_context=certificate) as served:
        server = Server("127.0.0.1", served.port, "starttls", "ines", PASSWORD)
        with pytest.raises(PutOffError, match="is not to be trusted"), connected(server):
            pass
    assert served.sign_ins == []


def test_a_server_that_is_known_is_spoken_to_in_secret(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
    with mail_server(Postbox(), tls_context=certificate, require_starttls=True) as served:
        server = Server("127.0.0.1", served.port, "starttls", "ines", PASSWORD)
        with connected(server) as smtp:
            assert smtp.noop()[0] == 250
    assert served.sign_ins == [(b"ines", PASSWORD.encode())]
    assert PASSWORD not in repr(server)


# Reading


@pytest.fixture
def account(post_office: Dovecot) -> Account:
    return post_office.new_account()


def read_from(account: Account, **told: Any) -> dict[str, Any]:
    """Return what somebody enters who has mail read and sends by the workspace's provider."""
    return {
        "address": "ines@yard.example", "username": account.name, "password": dovecot.PASSWORD,
        "imap_host": "127.0.0.1", "imap_port": account.server.port, "imap_security": "none", **told,
    }  # fmt: skip


def enter(client: Client, said: dict[str, Any], url: str = "/settings/mailbox/") -> list[str]:
    """Save a mailbox and return the messages of the next page, which shows no secret."""
    answer = client.post(url, said, follow=True)
    secrets = [said.get(name) for name in ("password", "client_secret", "refresh_token")]
    assert [each for each in secrets if each and each in answer.content.decode()] == []
    return [strip_tags(str(message)) for message in answer.context["messages"]]


def test_a_mailbox_that_is_only_read_is_tried_and_its_folders_are_shown(
    rep: Client, account: Account, ines: User
) -> None:
    assert enter(rep, read_from(account)) == ["Your mailbox works. It is read every minute."]
    folders = MailFolder.objects.values_list("name", "role")
    assert sorted(folders) == [("INBOX", "inbox"), ("Sent", "sent")]
    page = rep.get("/settings/mailbox/").content.decode()
    assert "It is read for the first time within a minute." in page
    assert senders.address_for(ines) != "ines@yard.example"


def test_what_keeps_a_mailbox_from_being_read_is_said_with_its_remedy(
    rep: Client, account: Account
) -> None:
    said = enter(rep, read_from(account, password="wrong"))
    assert said == ["Saved, but it does not work. See why"]
    page = rep.get("/settings/mailbox/").content.decode()
    reason = (
        "127.0.0.1 refused the user name or the password. Enter both again, or an app password."
    )
    assert page.count(reason) == 1
    assert f"The last reading failed: {reason}" in page
    assert "It worked when it was last tried" not in page


def both_ways(account: Account, **told: Any) -> dict[str, Any]:
    """Return what somebody enters who sends and reads by one server, which only reads."""
    said = {"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "none"}
    return {**read_from(account), **said, **told}


def test_of_two_ways_it_is_said_which_one_does_not_work(rep: Client, account: Account) -> None:
    assert enter(rep, both_ways(account)) == ["Saved, but sending does not work. See why"]
    assert 'id="sending"' in rep.get("/settings/mailbox/").content.decode()
    [said] = enter(rep, both_ways(account, password="wrong"))
    assert said == "Saved, but neither sending nor reading works. See why"
    [said] = enter(rep, both_ways(account, smtp_host="", imap_port=1))
    assert said == "Saved, but it does not work. See why"


def test_another_account_is_read_from_the_start(
    rep: Client, account: Account, post_office: Dovecot
) -> None:
    enter(rep, read_from(account))
    polling.read(Mailbox.objects.get().pk, timezone.now())
    assert Mailbox.objects.get().read_at is not None
    enter(rep, read_from(account, backfill_days="7"))
    assert Mailbox.objects.get().read_at is not None
    enter(rep, read_from(post_office.new_account()))
    assert Mailbox.objects.get().read_at is None
    assert set(MailFolder.objects.values_list("uid_validity", flat=True)) == {None}


def test_the_progress_survives_a_reload_and_ends(rep: Client, account: Account, ines: User) -> None:
    enter(rep, read_from(account))
    box = Mailbox.objects.get()
    inbox = box.folders.get(role="inbox")
    Mailbox.objects.update(read_at=timezone.now())
    box.folders.filter(pk=inbox.pk).update(
        backfill_total=1200, backfill_done=300, backfill_before=901
    )
    for url in ("/settings/mailbox/", "/settings/mailbox/reading/"):
        page = rep.get(url).content.decode()
        assert "300 of 1,200 mails" in page
        assert 'hx-get="/settings/mailbox/reading/"' in page
    box.folders.filter(pk=inbox.pk).update(backfill_done=1200, backfill_before=None)
    part = rep.get("/settings/mailbox/reading/", headers={"HX-Request": "true"}).content.decode()
    assert "1,200 older mails taken in" in part
    assert "hx-get" not in part
    assert "<html" not in part


def test_reading_is_paused_and_goes_on(rep: Client, account: Account) -> None:
    enter(rep, read_from(account))
    box = Mailbox.objects.get()
    rep.post("/settings/mailbox/reading/")
    assert polling.due(timezone.now()) == []
    assert "Paused" in rep.get("/settings/mailbox/").content.decode()
    rep.post("/settings/mailbox/reading/")
    assert polling.due(timezone.now()) == [box.pk]


def test_a_mailbox_names_a_server_at_least(rep: Client) -> None:
    answer = rep.post("/settings/mailbox/", {"address": "ines@yard.example"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["smtp_host"]


def test_oauth_2_asks_for_all_it_needs(rep: Client) -> None:
    said = {"address": "i@yard.example", "imap_host": "imap.yard.example", "signs_in_by": "oauth2"}
    answer = rep.post("/settings/mailbox/", said)
    assert answer.status_code == 422
    needs = ["username", "token_url", "client_id", "refresh_token"]
    assert sorted(answer.context["form"].errors) == sorted(needs)
    plain = {**said, "token_url": "http://id.yard.example/token"}
    errors = rep.post("/settings/mailbox/", plain).context["form"].errors
    assert errors["token_url"] == ["An address that begins with https://."]


def test_a_kept_refresh_token_goes_to_no_other_address(rep: Client, ines: User) -> None:
    Mailbox.objects.create(
        user=ines, address="i@yard.example", imap_host="127.0.0.1", imap_port=1, username="i",
        signs_in_by="oauth2", token_url="https://id.yard.example/token", client_id="lamp",
        client_secret="s3cret", refresh_token="r3fresh",
    )  # fmt: skip
    said = {
        "address": "i@yard.example", "imap_host": "127.0.0.1", "imap_port": 1, "username": "i",
        "signs_in_by": "oauth2", "token_url": "https://elsewhere.example/token",
        "client_id": "lamp",
    }  # fmt: skip
    answer = rep.post("/settings/mailbox/", said)
    assert list(answer.context["form"].errors) == ["refresh_token"]
    page = answer.content.decode()
    assert "r3fresh" not in page
    assert "s3cret" not in page
    assert Mailbox.objects.get().token_url == "https://id.yard.example/token"


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_provider_fills_the_form_in_without_scripts(rep: Client, name: str) -> None:
    form = rep.get(f"/settings/mailbox/?preset={name}").context["form"]
    chosen = PRESETS[name]
    assert form["imap_host"].value() == chosen.imap_host
    assert form["smtp_host"].value() == chosen.smtp_host
    assert form["signs_in_by"].value() == chosen.signs_in_by
    assert form["token_url"].value() == chosen.token_url
    assert Mailbox.objects.count() == 0


def test_who_vouches_for_senders_is_found_in_the_mail_and_saved_by_the_rep(
    rep: Client, account: Account
) -> None:
    enter(rep, read_from(account))
    reports = [
        "mx.yard.example; dmarc=pass",
        "mx.yard.example (relay) 1; spf=pass",
        "evil.example; x",
    ]
    account.put(*(f"Authentication-Results: {said}\r\n\r\nHi".encode() for said in reports))
    url = "/settings/mailbox/reading/authority/"
    assert "The latest mails name nobody." in str(
        next(iter(rep.post(url, follow=True).context["messages"]))
    )
    account.put(b"Authentication-Results:\r\n mx.yard.example;\r\n dmarc=pass\r\n\r\nHi")
    answer = rep.post(url, follow=True)
    assert answer.context["form"]["authority"].value() == "mx.yard.example"
    assert Mailbox.objects.get().authority == ""
    enter(rep, read_from(account, password="", authority="mx.yard.example"))
    assert Mailbox.objects.get().authority == "mx.yard.example"
    assert "Find who vouches" not in rep.get("/settings/mailbox/").content.decode()


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"AUTHENTICATION-RESULTS: mx.google.com; dkim=pass\n", "mx.google.com"),
        (b"Authentication-Results: spf=pass (a; b) smtp.mailfrom=x.example; dkim=none\n", NAMELESS),
        (b"Subject: x\n\nAuthentication-Results: in.the.body; x", ""),
        (b"X-Authentication-Results: not.it; x\n", ""),
        (b"Authentication-Results: <script>; x\n", ""),
        (b"", ""),
    ],
)
def test_the_topmost_report_says_its_name(head: bytes, name: str) -> None:
    assert vouching.topmost(head) == name


# The address for copies


def test_everyone_has_an_address_for_copies_of_their_own(
    rep: Client, ines: User, karl: User
) -> None:
    assert "There is none here." in rep.get("/settings/mailbox/").content.decode()
    Workspace.objects.update(capture_address="touches@in.example")
    first = rep.get("/settings/mailbox/").context["capture_address"]
    assert rep.get("/settings/mailbox/").context["capture_address"] == first
    assert capture.user_of(f"To: {first}\r\n\r\n".encode()) == ines
    theirs = Client()
    theirs.force_login(karl)
    assert theirs.get("/settings/mailbox/").context["capture_address"] != first
    assert first not in theirs.get("/settings/mailbox/").content.decode()


def test_a_new_address_for_copies_ends_the_old_one(rep: Client, ines: User) -> None:
    Workspace.objects.update(capture_address="touches@in.example")
    first = rep.get("/settings/mailbox/").context["capture_address"]
    second = rep.post("/settings/mailbox/capture/", follow=True).context["capture_address"]
    assert capture.user_of(f"To: {first}\r\n\r\n".encode()) is None
    assert capture.user_of(f"To: {second}\r\n\r\n".encode()) == ines
