"""Which addresses may be fetched."""

import pytest

from crawler.config import parse_address
from crawler.errors import ConfigError, Refused
from crawler.guard import AddressRules, RefusedAddress, check_url, is_public

PRIVATE = [
    "127.0.0.1", "127.127.127.127", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254",
    "100.100.100.200", "0.0.0.0", "168.63.129.16", "192.0.0.8", "192.88.99.1", "198.18.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::",
    "2002:a00:1::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
    "3fff::1", "5f00::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "2002:808:808::"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_address_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_public(address):
    assert is_public(address)


def test_allowed_pair_opens_only_that_port():
    rules = AddressRules.of(["127.0.0.1:8080"])
    rules.check("127.0.0.1", 8080)
    with pytest.raises(RefusedAddress, match="8081"):
        rules.check("127.0.0.1", 8081)


def test_refusal_does_not_name_the_resolved_address():
    with pytest.raises(RefusedAddress) as caught:
        AddressRules().check("10.1.2.3", 80)
    assert "10.1.2.3" not in str(caught.value)


def test_chosen_url_is_allowed_by_its_resolved_address():
    rules = AddressRules.of([], "http://127.0.0.1:8888/search")
    rules.check("127.0.0.1", 8888)


def test_chosen_url_that_does_not_resolve_says_so():
    with pytest.raises(ConfigError, match="does not resolve"):
        AddressRules.of([], "http://no-such-host.invalid:8888")


@pytest.mark.parametrize("text", ["127.0.0.1", "localhost:80", "127.0.0.1:99999", ":80", "a:b"])
def test_allowed_address_must_be_ip_and_port(text):
    with pytest.raises(ConfigError, match="IP:PORT"):
        parse_address(text)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://a.example/", "data:text/html,x", "gopher://a.example",
     "http:///x", "http://user:pw@a.example/", "http://[::1"],
)  # fmt: skip
def test_address_that_is_no_plain_web_page_is_refused(url):
    with pytest.raises(Refused):
        check_url(url)


def test_plain_web_address_passes():
    check_url("https://a.example:8443/x?y=1")
