"""Which servers the portal may ask: by name, port and address, directly and by way of a proxy."""

import socket
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.importing.egress import AddressRefused, Rules, ascii_host, is_public, resolved
from events.importing.feed import FeedUnusable
from events.importing.fetch import allowed, fetch_image, safe_get
from events.importing.models import ImportSource
from tests.builders import make_calendar

CALENDAR = make_calendar("SUMMARY:One")


def refusal(address):
    with pytest.raises(FeedUnusable) as error:
        safe_get(address)
    return str(error.value)


def names(monkeypatch, **known):
    """Have these names, with _ for a dot, stand for these addresses; addresses stand for themselves."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **options):
        found = known.get(host.replace(".", "_"), host)
        try:
            family = socket.AF_INET6 if ip_address(found).version == 6 else socket.AF_INET
        except ValueError:
            return real(host, port, *args, **options)
        return [(family, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


# Addresses


@pytest.mark.parametrize(
    "address",
    ["::127.0.0.1", "::10.0.0.1", "::a9fe:a9fe", "::", "::1",  # IPv4-compatible
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0",  # mapped
     "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::1",  # translated, NAT64
     "2002:7f00:1::", "2002:a9fe:a9fe::1", "192.88.99.1",  # 6to4
     "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:20::1", "2001:db8::1", "3fff::1",  # Teredo, ORCHID
     "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.0.1",
     "100.64.0.1", "100.127.255.255", "169.254.169.254", "192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1",
     "239.255.255.250", "240.0.0.1", "255.255.255.255",
     "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "5f00::1", "100::1", "4000::1"],
)  # fmt: skip
def test_case_47_addresses_that_are_not_public(monkeypatch, address):
    assert not is_public(ip_address(address))
    names(monkeypatch, calendar_example_org=address)
    assert "is not a public address" in refusal("https://calendar.example.org/")
    literal = f"[{address}]" if ":" in address else address
    assert "is not a public address" in refusal(f"http://{literal}/feed.ics")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "193.204.231.1", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"]
)
def test_addresses_that_are_public(address):
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_that_is_not_public_is_so_in_whatever_address_of_ipv6_it_hides(address):
    if is_public(address):
        return
    number = int(address)
    for hidden in (
        IPv6Address(number),
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0xFFFF << 48 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    ):
        assert not is_public(hidden)


@pytest.mark.parametrize(
    "address", ["0.0.0.1", "10.1.2.3", "100.64.0.1", "192.168.1.1", "::127.0.0.1", "fe80::1"]
)
def test_no_list_of_names_opens_what_is_not_public(address):
    rules = Rules(allowed=["intranet.example.org", "0.0.0.0/0", "::/0"], allow_loopback=False)
    assert "public" in rules.why_not("intranet.example.org", 443, ip_address(address))


# How an address is written


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "017700000001", "0x7F.0.0.0x1",
     "1.2.3.4.5", "256.256.256.256", "0127.0.0.1", "calendar.0x1", "0x"],
)  # fmt: skip
def test_unusual_ways_to_write_an_address_are_refused(host):
    assert "an unusual way to write the address" in refusal(f"http://{host}/")
    assert "an unusual way to write the address" in refusal(f"http://{host}.:80/")


@pytest.mark.parametrize("host", ["127。0。0。1", "①②⑦.⓪.⓪.①", "127.0.0.1.", "１２７.0.0.1"])
def test_case_47_addresses_in_other_letters_are_the_ones_that_they_are(host):
    assert allowed(f"http://{host}/") == "http://127.0.0.1/"
    assert "http://127.0.0.1 is not a public address" in refusal(f"http://{host}/")


def test_names_in_other_letters_are_asked_for_in_ascii():
    assert (
        allowed("https://Kalender.MÜNCHEN.example/ü?x=1#y") == "https://kalender.xn--mnchen-3ya.example/ü?x=1"
    )
    assert ascii_host("LOCALHOST.") == "localhost"


@pytest.mark.parametrize(
    "address",
    ["http://user@example.org/", "http://:@example.org/", "http://example.org@127.0.0.1/", "http://@127.0.0.1/",
     "http://example.org\\@127.0.0.1/", "http://127.0.0.1\\@example.org/", "http://example.org#@127.0.0.1/x@y",
     "http://127.0.0.1\\.example.org/", "http://exa mple.org/", "http://a..b/", "http://.example.org/",
     "http://[::1", "http://[::1]x/", "http://[v1.x]/", "http://example.org:0/", "http://example.org:-1/",
     "http://%31%32%37.0.0.1/", "http://127.0.0.1%00.example.org/", "http://exam\u200bple。org/", "http://[a:b/"],
)  # fmt: skip
def test_addresses_that_programs_read_differently(monkeypatch, address):
    """They are refused, or asked for where they say."""
    monkeypatch.setattr("requests.Session.get", None)
    try:
        found = allowed(address)
    except FeedUnusable:
        return
    assert urlsplit(found).netloc == "example.org"


# Ports


@pytest.mark.parametrize("port", [22, 25, 81, 5432, 6379, 8000, 8080, 65535])
def test_only_the_usual_ports_are_asked(port):
    assert f"not from port {port}" in refusal(f"https://calendar.example.org:{port}/")


def test_a_source_with_another_port_is_refused_when_it_is_saved(settings):
    source = ImportSource(name="P", address="https://calendar.example.org:8443/feed.ics")
    with pytest.raises(Exception, match="not from port 8443"):
        source.clean()
    settings.IMPORT_PORTS = [8443]
    source.clean()


def test_listed_ports_are_asked_and_the_usual_ones_too(settings, monkeypatch):
    settings.IMPORT_PORTS = [8443]
    names(monkeypatch, calendar_example_org="10.0.0.1")
    for port in (80, 443, 8443):
        assert "public" in refusal(f"https://calendar.example.org:{port}/")


def test_a_redirect_to_another_port_is_refused(serve, monkeypatch):
    def elsewhere(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://calendar.example.org:6379/")
        handler.end_headers()

    names(monkeypatch, calendar_example_org="93.184.216.34")
    assert "not from port 6379" in refusal(serve(elsewhere))


# Lists


@pytest.mark.parametrize(
    ("host", "address", "words"),
    [
        ("calendar.example.org", "93.184.216.34", ""),
        ("example.org", "93.184.216.34", ""),
        ("indico.cern.ch", "188.184.1.1", ""),
        ("www.indico.cern.ch", "188.184.1.1", "certain servers only"),
        ("notexample.org", "93.184.216.34", "certain servers only"),
        ("other.example", "203.1.2.3", ""),
        ("other.example", "::ffff:203.1.2.3", ""),
        ("other.example", "203.1.3.3", "certain servers only"),
        ("bad.example.org", "93.184.216.34", "not to ask this server"),
        ("calendar.example.org", "198.51.101.7", "not to ask this server"),
        ("calendar.example.org", "::ffff:198.51.101.7", "not to ask this server"),
        ("calendar.example.org", "10.1.2.3", ""),
        ("calendar.example.org", "10.1.3.3", "public"),
        ("calendar.example.org", "127.0.0.1", "public"),
        ("calendar.example.org", "169.254.169.254", "public"),
    ],
)
def test_what_lists_allow_and_deny(host, address, words):
    rules = Rules(
        allowed=[
            ".example.org",
            "indico.cern.ch",
            "203.1.2.0/24",
            "10.1.2.0/24",
            "127.0.0.0/8",
            "169.254.0.0/16",
        ],
        denied=["bad.example.org", "198.51.101.0/24"],
    )
    found = rules.why_not(host, 443, ip_address(address))
    assert (words in found) if words else (found == "")


def test_settings_make_the_rules(settings, monkeypatch):
    names(monkeypatch, calendar_example_org="10.0.0.1", other_example="93.184.216.34")
    settings.IMPORT_DENIED_HOSTS = ["calendar.example.org"]
    for address in (
        "https://calendar.example.org/",
        "https://CALENDAR.example.org./x",
        "webcal://calendar.example.org",
    ):
        assert "not to ask this server" in refusal(address)
    settings.IMPORT_DENIED_HOSTS, settings.IMPORT_ALLOWED_HOSTS = [], [".example.org"]
    assert "certain servers only" in refusal("https://other.example/")
    with pytest.raises(FeedUnusable, match="certain servers only"):
        fetch_image("https://other.example/a.png")


def test_a_name_without_an_address():
    with pytest.raises(Exception, match="has no address"):
        resolved("a" * 70 + ".example", 443, Rules())
    with pytest.raises(AddressRefused):
        resolved("127.0.0.1", 443, Rules())


# A proxy


@pytest.fixture
def proxy(serve, settings):
    """What a proxy on this machine was asked for; it answers everything with a calendar."""
    asked = []

    def answer(handler: BaseHTTPRequestHandler):
        asked.append((handler.command, handler.path, handler.headers["Host"]))
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CALENDAR)

    settings.IMPORT_PROXY = serve(answer).removesuffix("/feed.ics")
    return asked


def test_a_proxy_is_asked_by_name(proxy, monkeypatch):
    names(monkeypatch, calendar_example_org="93.184.216.34")
    assert safe_get("http://calendar.example.org/feed.ics").body == CALENDAR
    assert proxy == [("GET", "http://calendar.example.org/feed.ics", "calendar.example.org")]


def test_a_proxy_makes_a_tunnel_for_https(settings, monkeypatch):
    names(monkeypatch, calendar_example_org="93.184.216.34")
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.IMPORT_PROXY = f"http://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(5)
        with pytest.raises(FeedUnusable, match="took longer|proxy"):
            safe_get("https://calendar.example.org/feed.ics", total_seconds=0.5)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(100).startswith(b"CONNECT calendar.example.org:443 HTTP/1.")


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.2", "169.254.169.254", "::127.0.0.1", "fd00::1"])
def test_with_a_proxy_addresses_are_checked_all_the_same(proxy, settings, monkeypatch, address):
    settings.IMPORT_ALLOW_LOOPBACK = False
    names(monkeypatch, calendar_example_org=address)
    assert "public" in refusal("http://calendar.example.org/")
    assert proxy == []


def test_a_proxy_of_the_environment_is_not_asked(proxy, settings, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", settings.IMPORT_PROXY)
    monkeypatch.setenv("http_proxy", settings.IMPORT_PROXY)
    settings.IMPORT_PROXY = ""
    assert "cannot be reached" in refusal("http://127.0.0.1:9/")
    assert proxy == []


def test_a_proxy_that_is_away_is_told_without_its_password(settings, allow_loopback, monkeypatch):
    names(monkeypatch, calendar_example_org="93.184.216.34")
    settings.IMPORT_PROXY = "http://user:s3cr3t@127.0.0.1:9"
    message = refusal("http://calendar.example.org/")
    assert "by way of the proxy" in message
    assert "s3cr3t" not in message
