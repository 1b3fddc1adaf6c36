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

from accounts.models import User
from outreach.mail import senders
from outreach.mail.failures import PutOffError
from outreach.mail.smtp import Server, connected
from outreach.models import Mailbox
from outreach.models.encrypted import UnreadableSecretError
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
    assert said.startswith(f"Saved, but it does not work: {words}")
    kept = Mailbox.objects.get()
    assert kept.problem.startswith(words)
    assert PASSWORD not in kept.problem
    assert (
        "It did not work when it was last tried" in rep.get("/settings/mailbox/").content.decode()
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
