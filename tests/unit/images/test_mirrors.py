"""The images come from where this machine takes Debian, whatever else its apt is told."""

from pathlib import Path

import pytest

from images import mirrors
from images.mirrors import Mirrors, NoMirror

DATA = Path(__file__).parents[2] / "data" / "images"


def stanza(uri: str, suite: str, component: str = "main", *, made_by: str = "Packages", **more: str) -> str:
    fields = {"Repo-URI": uri, "Release": suite, "Component": component, "Created-By": made_by, **more}
    return "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n"


def captured(name: str) -> str:
    return (DATA / f"indextargets-{name}.txt").read_text()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (captured("debian12-fetched"), Mirrors("http://mirror.example/debian", "http://mirror.example/debian-security")),
        (captured("debian13-unfetched"), Mirrors("http://mirror.example/debian", "http://mirror.example/security")),
        (stanza("http://a/debian/", "trixie"), Mirrors("http://a/debian")),
        (stanza("http://a/x", "stable", Origin="Grafana") + stanza("http://a/debian", "stable", Origin="Debian"),
         Mirrors("http://a/debian")),
        (stanza("http://a/bp", "trixie-backports") + stanza("http://a/debian", "trixie"), Mirrors("http://a/debian")),
        (stanza("http://a/pg", "trixie-pgdg", Origin="apt.postgresql.org"), None),
        (stanza("http://a/pg", "trixie-pgdg"), None),
        (stanza("http://a/node", "nodistro"), None),
        (stanza("http://a/debian", "trixie", "contrib"), None),
        (stanza("http://a/debian", "trixie", made_by="Translations"), None),
        (stanza("http://a/security", "trixie-security"), None),
        (stanza("http://a/s", "buster/updates", "updates/main", Origin="Debian") + stanza("http://a/d", "sid"),
         Mirrors("http://a/d", "http://a/s")),
        ("", None),
    ],
)  # fmt: skip
def test_choose(text: str, found: Mirrors | None) -> None:
    assert mirrors.choose(text) == found


def test_a_machine_that_never_fetched_its_lists_is_asked_twice() -> None:
    asked: list[tuple[str, ...]] = []

    def run(*argv: str, stdin: str = "", timeout_s: float = 60) -> str:
        asked.append(argv)
        return captured("debian13-unfetched") if "--no-release-info" in argv else ""

    assert mirrors.observe(run).main == "http://mirror.example/debian"
    assert len(asked) == 2


def test_no_debian_source_is_refused() -> None:
    with pytest.raises(NoMirror):
        mirrors.observe(lambda *argv, **_: "")


def test_sources_without_security_archive() -> None:
    assert Mirrors("http://a/d").sources() == ("deb http://a/d trixie main", "deb http://a/d trixie-updates main")
    assert Mirrors("http://a/d", "http://a/s").sources()[2] == "deb http://a/s trixie-security main"


def test_only_settings_about_reaching_and_believing_the_mirrors_are_taken() -> None:
    dump = """\
APT::Install-Recommends "1";
Acquire "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::mirror.example::CaInfo "/etc/ssl/private-ca.pem";
Acquire::https::Verify-Peer "false";
Acquire::http::Proxy-Auto-Detect "";
Acquire::Check-Valid-Until "false";
Acquire::Languages "en";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::Log "/var/log/apt";
"""
    assert mirrors.settings(dump) == (
        'Acquire::http::Proxy "http://proxy.example:3128";',
        'Acquire::https::mirror.example::CaInfo "/etc/ssl/private-ca.pem";',
        'Acquire::https::Verify-Peer "false";',
        'Acquire::Check-Valid-Until "false";',
    )


def test_private_hosts_are_those_debian_does_not_mention_itself() -> None:
    public, private = "http://ftp.de.debian.org/debian", "https://apt.corp.example/debian"
    assert mirrors.private_hosts(Mirrors(public, private)) == ["apt.corp.example"]
