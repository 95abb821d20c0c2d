"""What the settings make of the environment's words."""

import ast
import re
import stat
from pathlib import Path

import pytest

from earthcode.settings.environment import (
    ConfigurationError,
    database_address,
    database_settings,
    generated_secret,
    host_names,
    hosts_and_networks,
    import_hosts,
    import_ports,
    import_proxy,
    log_level,
    mail_settings,
    missing,
    port_number,
    security_settings,
    yes_or_no,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40@db:5433/portal", ("db", 5433, "u", "p@", "portal")),
        ("postgres://u@[::1]/portal", ("::1", "", "u", "", "portal")),
        ("postgresql://u@/portal?host=/run/socket&port=5432", ("/run/socket", 5432, "u", "", "portal")),
    ],
)
def test_database_address_is_understood(url, expected):
    settings = database_settings(url)
    assert tuple(settings[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")) == expected


def test_other_options_reach_the_driver():
    assert database_settings("postgresql://db/portal?sslmode=require")["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://u:hunter2@db/portal",
        "postgresql://u:hunter2@db",
        "postgresql://u:hunter2@db/",
        "postgresql://u:hunter2@db:port/portal",
        "postgresql://u:hun/ter2@db/portal",
        "postgresql://u:hunter2@[db/portal",
    ],
)
def test_malformed_database_address_is_refused_in_one_line_without_its_password(url):
    with pytest.raises(ConfigurationError) as refusal:
        database_settings(url)
    message = str(refusal.value)
    assert "DATABASE_URL" in message
    assert "\n" not in message
    assert "hunter2" not in message


def test_people_are_told_where_a_database_is_but_not_its_password():
    assert database_address(database_settings("postgresql://u:hunter2@db/portal")) == "portal on db:5432"


def test_public_address_turns_on_what_protects_it():
    settings = security_settings("https://portal.example.org/", behind_proxy=False)
    assert settings["WAGTAILADMIN_BASE_URL"] == "https://portal.example.org"
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://portal.example.org"]
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600
    assert settings["SECURE_PROXY_SSL_HEADER"] is None


def test_forwarded_protocol_is_trusted_only_when_told_so():
    settings = security_settings("https://portal.example.org", behind_proxy=True)
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_plain_http_is_for_this_machine(url):
    settings = security_settings(url, behind_proxy=False)
    assert settings["BASE_URL"] == url
    assert not settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example.org",
        "http://0.0.0.0:8000",
        "https://",
        "portal.example.org",
        "https://h/path",
        "http://[",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ConfigurationError, match="BASE_URL"):
        security_settings(url, behind_proxy=False)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+tls://me:p%2Fw@mail:587", ("mail", 587, "me", "p/w", True, False)),
        ("smtps://mail", ("mail", 465, "", "", False, True)),
        ("smtp://mail", ("mail", 25, "", "", False, False)),
    ],
)
def test_mail_address_is_understood(url, expected):
    settings = mail_settings(url)
    keys = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    assert tuple(settings[f"EMAIL_{key}"] for key in keys) == expected


@pytest.mark.parametrize("url", ["mail.example.org", "smtp://", "smtp://mail:port", "http://mail"])
def test_malformed_mail_address_is_refused(url):
    with pytest.raises(ConfigurationError, match="EMAIL_URL"):
        mail_settings(url)


@pytest.mark.parametrize("text", ["", "0", "65536", "-1", "8000a", "８０００"])
def test_port_is_a_number_in_range(text):
    with pytest.raises(ConfigurationError, match="PORT"):
        port_number(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("True", True), (" yes", True), ("1", True), ("no", False), ("OFF", False), ("", False)],
)
def test_yes_and_no_are_understood(text, expected):
    assert yes_or_no("BEHIND_PROXY", text) is expected


@pytest.mark.parametrize("text", ["maybe", "2", "tru"])
def test_neither_yes_nor_no_is_refused(text):
    with pytest.raises(ConfigurationError, match=f"BEHIND_PROXY={text}"):
        yes_or_no("BEHIND_PROXY", text)


def test_level_of_the_log_is_one_that_logging_knows():
    assert log_level("debug") == "DEBUG"
    with pytest.raises(ConfigurationError, match="LOG_LEVEL=LOUD"):
        log_level("LOUD")


def test_host_names_are_understood():
    assert host_names("portal.example.org, .example.org,[::1],") == [
        "portal.example.org",
        ".example.org",
        "[::1]",
    ]


@pytest.mark.parametrize("text", [",", "https://portal.example.org", "127.0.0.1:8000", "[::1]:8000", "a b"])
def test_what_no_request_could_match_is_refused(text):
    with pytest.raises(ConfigurationError, match="ALLOWED_HOSTS"):
        host_names(text)


def test_servers_that_imports_may_ask_are_understood():
    text = " Example.ORG, .esa.int,*.cern.ch, 192.0.2.7,10.1.2.3/24 ,[2001:DB8::1], 2001:db8::/32,münchen.example,"
    found = [
        "example.org",
        ".esa.int",
        ".cern.ch",
        "192.0.2.7/32",
        "10.1.2.0/24",
        "2001:db8::1/128",
        "2001:db8::/32",
        "xn--mnchen-3ya.example",
    ]
    assert hosts_and_networks("X", text) == import_hosts(text) == found
    assert hosts_and_networks("X", " , ") == []


@pytest.mark.parametrize(
    "entry",
    ["https://example.org", "example.org:443", "user@example.org", "10.0.0.0/33", "10.0.0.256", "*", "*example.org",
     "a b.org", "example.org/feed", "0x7f.1", "2130706433", "[::1]:80", "fe80::1/129", "a..b"],
)  # fmt: skip
def test_what_is_no_server_is_refused(entry):
    with pytest.raises(ConfigurationError, match="IMPORT_DENIED_HOSTS: .* neither a host nor a network"):
        hosts_and_networks("IMPORT_DENIED_HOSTS", f"good.example,{entry}")


@pytest.mark.parametrize("entry", ["127.0.0.0/8", "::1", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4"])
def test_what_is_never_fetched_from_cannot_be_allowed(entry):
    with pytest.raises(ConfigurationError, match="never fetched from"):
        import_hosts(entry)
    assert hosts_and_networks("IMPORT_DENIED_HOSTS", entry)


def test_ports_that_imports_may_connect_to_are_understood():
    assert import_ports(" 8080, 8443,") == [8080, 8443]
    assert import_ports("") == []
    for text in ("http", "0", "65536", "80-90", "8080;8443", "-1", "٨٠", "9" * 5_000):
        with pytest.raises(ConfigurationError, match="IMPORT_PORTS"):
            import_ports(text)


def test_a_proxy_of_imports_is_understood():
    assert import_proxy(" ") == ""
    for url in (
        "http://proxy.example.org:3128",
        "https://u:p%40@proxy.example.org:443/",
        "http://[::1]:8080",
    ):
        assert import_proxy(url) == url
    for url in ("proxy.example.org:3128", "socks5://u:hunter2@proxy:1080", "http://u:hunter2@proxy", "http://:3128",
                "http://u:hunter2@proxy:port", "http://u:hunter2@[proxy:1", "http://proxy:1/x"):  # fmt: skip
        with pytest.raises(ConfigurationError, match="IMPORT_PROXY") as refusal:
            import_proxy(url)
        assert "hunter2" not in str(refusal.value)


def test_missing_names_those_unset_or_empty():
    assert missing(["A", "B", "C"], {"A": "1", "B": ""}) == ["B", "C"]


def test_secret_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "var" / "secret-key"
    secret = generated_secret(path)
    assert len(secret) >= 50
    assert generated_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_every_variable_that_settings_read_is_in_the_example():
    read = set()
    for path in (ROOT / "earthcode" / "settings").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner, arguments = node.func.value, node.args
                if isinstance(owner, ast.Name) and owner.id == "env" and node.func.attr != "read_env":
                    assert isinstance(arguments[0], ast.Constant)
                    read.add(arguments[0].value)
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                read.add(ast.literal_eval(node.slice))
    documented = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == documented
