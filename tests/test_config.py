"""Study and settings: what people write comes back, and mistakes are named."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import (
    Keyword,
    Study,
    clean_domain,
    read_settings,
    read_study,
    study_from_dict,
    study_to_dict,
    study_to_toml,
)
from crawler.errors import ConfigError

NAMES = st.text(
    string.ascii_letters + string.digits + " .&+-_äß店", min_size=1, max_size=40
).filter(lambda name: name[0].isalnum())
PHRASES = (
    st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=40)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@given(NAMES, st.lists(PHRASES, min_size=1, max_size=5, unique=True), st.floats(0, 1e6))
def test_study_written_as_toml_reads_back_the_same(tmp_path_factory, name, phrases, volume):
    study = Study(
        name=name,
        brand="example.com",
        keywords=tuple(Keyword(phrase, volume) for phrase in phrases),
        allow_addresses=("127.0.0.1:80",),
        delay=0.5,
        render=False,
    )
    path = tmp_path_factory.mktemp("toml") / "study.toml"
    path.write_text(study_to_toml(study), encoding="utf-8")
    assert read_study(path) == study


def test_study_survives_json():
    study = Study(name="x", keywords=(Keyword("a", 3.0), Keyword("b")))
    assert study_from_dict(study_to_dict(study), "test") == study


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name": "x", "keyword": ["a"]}, "unknown key 'keyword'"),
        ({"keywords": ["a"]}, "no key 'name'"),
        ({"name": "x", "provider": "bing"}, "provider 'bing' is unknown"),
        ({"name": "x", "provider": "searxng"}, "--searxng-url"),
        ({"name": "x", "provider": "file"}, "--serp-file"),
        ({"name": "x", "competitors": 0}, "competitors is 0"),
        ({"name": "x", "competitors": True}, "must be a int"),
        ({"name": "x", "competitors": "5"}, "must be a int"),
        ({"name": "x", "delay": -1.0}, "delay is -1.0"),
        ({"name": "x", "country": "Germany"}, "country is 'Germany'"),
        ({"name": "x", "brand": "not a domain"}, "not a domain name"),
        ({"name": "../x"}, "not usable"),
        ({"name": "x", "keywords": [{"phrase": "a"}]}, "not usable"),
        ({"name": "x", "allow_addresses": ["localhost:80"]}, "IP:PORT"),
        ({"name": "x", "proxy": "socks5://a"}, "http://HOST:PORT"),
    ],
)
def test_mistake_in_a_study_is_named(values, words):
    with pytest.raises(ConfigError) as caught:
        study_from_dict(values, "study.toml")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Example.com/shop?x=1", "example.com"),
        ("example.com:8080", "example.com"),
        ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
        ("127.0.0.1", "127.0.0.1"),
        ("http://user@a.example/", "a.example"),
    ],
)
def test_domain_is_cleaned(text, domain):
    assert clean_domain(text) == domain
    assert clean_domain(domain) == domain


def test_settings_come_from_file_then_environment(tmp_path):
    (tmp_path / "cxscout.toml").write_text('contact = "cx@a.example"\n')
    assert read_settings(tmp_path, {}).contact == "cx@a.example"
    settings = read_settings(
        tmp_path, {"CXSCOUT_CONTACT": "ops@b.example", "BRAVE_API_KEY": "s3cret"}
    )
    assert "ops@b.example" in settings.user_agent
    assert settings.keys == {"BRAVE_API_KEY": "s3cret"}
    assert "s3cret" not in repr(settings)


def test_unknown_setting_is_an_error(tmp_path):
    (tmp_path / "cxscout.toml").write_text('contcat = "cx@a.example"\n')
    with pytest.raises(ConfigError, match="contcat"):
        read_settings(tmp_path, {})
