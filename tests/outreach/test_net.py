"""Machines that people name are spoken with only where that is safe, and never for long."""

import socket
from ipaddress import ip_address, ip_network
from threading import Thread

import pytest

from outreach import net, targets
from outreach.net import ForbiddenTargetError, NotReachedError
from outreach.targets import Target, is_public, judge
from tests.listening import Listener, certified, listening

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.254",
    "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16",
    "::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1",
    "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
    "2001:10::1", "2002:a00:1::", "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.255.255",
    "172.32.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2001:4860:4860::8888",
    "2606:4700::1111", "2a00:1450:4001::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_public_internet_is_refused(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_of_the_public_internet_is_not(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("network", ["100.64.0.0/10", "169.254.0.0/16", "224.0.0.0/4"])
def test_a_network_is_refused_to_its_last_address(network):
    whole = ip_network(network)

    assert [is_public(whole[0]), is_public(whole[-1])] == [False, False]
    assert is_public(whole[0] - 1) or network == "224.0.0.0/4"


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25lo]/", "http://0/", "http://0x7f.2/",
        "http://2130706434/", "http://0177.0.0.2/", "http://127.2/", "http://[64:ff9b::7f00:1]/",
    ],
)  # fmt: skip
def test_however_a_private_address_is_written_it_is_not_connected_to(url):
    with pytest.raises(NotReachedError):
        net.get(url, seconds=2)


def test_who_is_refused_for_a_private_address_learns_why_and_what_to_do():
    with pytest.raises(ForbiddenTargetError) as refused:
        net.check("https://10.1.2.3/hook")

    assert str(refused.value) == (
        "10.1.2.3 is not on the public internet. Use a public address, "
        "or ask whoever runs this installation to allow it (ALLOWED_PRIVATE_TARGETS)."
    )


def test_a_name_is_refused_with_the_private_address_that_it_leads_to():
    with pytest.raises(ForbiddenTargetError) as refused:
        judge("10.1.2.3", "hooks.example.org")

    assert str(refused.value).startswith(
        "hooks.example.org leads to 10.1.2.3, which is not on the public internet."
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.org/", "The address has to begin with https:// or http://."),
        ("file:///etc/passwd", "The address has to begin with https:// or http://."),
        ("gopher://127.0.0.1:6379/_x", "The address has to begin with https:// or http://."),
        ("example.org", "The address has to begin with https:// or http://."),
        ("http:///path", "The address has to begin with https:// or http://."),
        ("https://me:secret@example.org/",
         "The address carries a user name or password before the “@”. Leave them out."),
        ("https://example.org\\@10.0.0.1/", "This is not a web address. Copy it again, as a whole."),
        ("https://example.org/a b", "This is not a web address. Copy it again, as a whole."),
        ("https://example.org/\r\nX: y", "This is not a web address. Copy it again, as a whole."),
        ("https://example.org/" + "a" * 2000, "This is not a web address. Copy it again, as a whole."),
        ("https://example.org:99999/", "This is not a web address. Check how it is spelt."),
        ("https://exa..mple.org/", "This is not a web address. Check how it is spelt."),
        ("http://[::1/", "This is not a web address. Check how it is spelt."),
        ("http://example.org:0/", "Port 0 is not for web addresses. Use another one."),
        ("http://example.org:25/", "Port 25 is not for web addresses. Use another one."),
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_in_a_sentence(url, says):
    with pytest.raises(ForbiddenTargetError) as refused:
        Target.of(url)

    assert str(refused.value) == says


def test_a_url_is_taken_apart_as_a_server_wants_it():
    target = Target.of("https://BÜCHER.example:8443/Wege/ä?q=ö&x=%20y#part")

    assert target == Target("https", "xn--bcher-kva.example", 8443, "/Wege/%C3%A4?q=%C3%B6&x=%20y")
    assert target.authority == "xn--bcher-kva.example:8443"


def port_of(server):
    return server.url.rpartition(":")[2].partition("/")[0]


def answering(monkeypatch, *answers):
    """Have the resolver give one answer after the other, as a hostile name server would."""
    left = list(answers)

    def look_up(host, port, **_options):
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(targets.socket, "getaddrinfo", look_up)


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    answering(monkeypatch, ["8.8.8.8", "10.0.0.1"])

    with pytest.raises(ForbiddenTargetError):
        net.get("http://rebinding.example/")


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch):
    with listening() as server:
        port = port_of(server)
        answering(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])

        answer = net.get(f"http://rebinding.example:{port}/", seconds=5)

        assert (answer.status, len(server.heard)) == (200, 1)
        assert server.heard[0].headers["Host"] == f"rebinding.example:{port}"


def test_what_goes_over_the_public_internet_has_to_be_sealed(monkeypatch):
    answering(monkeypatch, ["8.8.8.8"])

    net.check("https://public.example/")
    with pytest.raises(ForbiddenTargetError) as open_letter:
        net.check("http://public.example/")
    answering(monkeypatch, ["127.0.0.1"])
    net.check("http://allowed.example/")

    assert str(open_letter.value) == (
        "Use https:// for it: with http:// anyone on the way could read along."
    )


def test_a_private_network_is_reached_where_the_environment_allows_it(settings):
    judge("127.0.0.1", "localhost")
    settings.ALLOWED_PRIVATE_TARGETS = []

    with listening() as server, pytest.raises(ForbiddenTargetError):
        net.get(server.url)
    assert server.heard == []


def test_a_body_arrives_to_the_byte_with_the_headers_it_was_given():
    with listening(Listener(status=201, body="schön".encode())) as server:
        answer = net.post(server.url, b'{"a": "\xc3\xa4"}', headers={"webhook-id": "msg_1"})

    (heard,) = server.heard
    assert (heard.method, heard.path, heard.body) == ("POST", "/hook", b'{"a": "\xc3\xa4"}')
    assert (heard.headers["webhook-id"], heard.headers["Connection"]) == ("msg_1", "close")
    assert (answer.status, answer.text, answer.is_success) == (201, "schön", True)


def test_a_redirect_is_an_answer_and_is_not_followed():
    with listening() as inside, listening(Listener(status=307)) as server:
        server.headers["Location"] = inside.url

        answer = net.post(server.url, b"{}")

    assert (answer.status, answer.is_success) == (307, False)
    assert inside.heard == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    with listening() as proxy, listening() as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)

        net.get(server.url)

    assert (len(server.heard), proxy.heard) == (1, [])


def test_an_answer_is_cut_where_it_grows_too_long():
    with listening(Listener(body=b"x" * 100_000)) as server:
        answer = net.get(server.url, limit_bytes=1000)

    assert (len(answer.body), answer.is_cut) == (1000, True)


def test_an_answer_that_stops_before_its_end_is_none():
    server = Listener(body=b"BEGIN:VCALENDAR", headers={"Content-Length": "999"})
    with listening(server), pytest.raises(NotReachedError) as broken:
        net.get(server.url)

    assert str(broken.value) == "127.0.0.1 broke off the conversation."


def test_a_server_that_says_nothing_is_left_after_a_while():
    server = Listener(is_slow=True)
    with listening(server), pytest.raises(NotReachedError) as late:
        net.get(server.url, seconds=0.3)

    assert str(late.value) == "127.0.0.1 took too long to answer."


def test_an_answer_that_comes_drop_by_drop_lasts_no_longer():
    server = Listener(drips=True, body=b"x" * 1000)
    with listening(server), pytest.raises(NotReachedError) as late:
        net.get(server.url, seconds=0.4)

    assert str(late.value) == "127.0.0.1 took too long to answer."


def test_a_server_that_hangs_up_is_told_from_one_that_is_not_there():
    with listening(Listener(hangs_up=True)) as server, pytest.raises(NotReachedError) as broken:
        net.get(server.url)
    with pytest.raises(NotReachedError) as gone:
        net.get(server.url)

    assert str(broken.value) == "127.0.0.1 broke off the conversation."
    assert str(gone.value) == f"127.0.0.1 cannot be connected to on port {port_of(server)}."


def test_something_that_is_no_web_server_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        door.listen()

        def greet():
            caller, _ = door.accept()
            with caller:
                caller.sendall(b"220 mail.example ESMTP\r\n")
                caller.recv(1000)

        Thread(target=greet, daemon=True).start()
        with pytest.raises(NotReachedError) as strange:
            net.get(f"http://127.0.0.1:{port}/")

    assert str(strange.value) == "127.0.0.1 answered something else than a web server."


def test_a_name_that_nobody_has_is_said_so():
    with pytest.raises(NotReachedError) as unknown:
        net.check("https://nowhere.invalid/hook")

    assert (
        str(unknown.value) == "There is no machine called nowhere.invalid. Check how it is spelt."
    )


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    context, _ = certified(tmp_path)
    with listening(tls=context) as server, pytest.raises(NotReachedError) as untrusted:
        net.get(server.url)

    assert str(untrusted.value) == (
        "The certificate of 127.0.0.1 cannot be trusted: self-signed certificate."
    )
    assert server.heard == []


def test_a_certificate_that_is_vouched_for_is_believed(tmp_path, monkeypatch):
    context, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with listening(tls=context) as server:
        answer = net.get(server.url)

    assert (answer.status, len(server.heard)) == (200, 1)


def test_a_certificate_for_another_name_is_refused(tmp_path, monkeypatch):
    context, authority = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with listening(tls=context) as server:
        answering(monkeypatch, ["127.0.0.1"])
        with pytest.raises(NotReachedError) as other:
            net.get(server.url.replace("127.0.0.1", "bank.example"))

    assert str(other.value) == (
        "The certificate of bank.example cannot be trusted: Hostname mismatch, certificate is not "
        "valid for 'bank.example'."
    )


def test_tls_is_asked_of_a_server_that_speaks_none():
    with listening() as server, pytest.raises(NotReachedError) as plain:
        net.get(server.url.replace("http:", "https:"))

    assert str(plain.value) == (
        f"127.0.0.1 speaks no TLS that we understand on port {port_of(server)}."
    )
