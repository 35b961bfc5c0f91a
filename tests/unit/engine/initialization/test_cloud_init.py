"""What cloud-init is told.

The files in tests/data/cloud_init are what is made of WHOLE; cloud-init 22.4.2 (Debian 12) and 25.1.4 (Debian 13) took
them without a word against their schemas, and `interfaces` is what both made of the network. `TRIVET_GOLDEN=write`
writes the others anew: then they want to be shown to a cloud-init again.
"""

import os
from email import message_from_string
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import yaml

from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.vms.initialization import cloud_init
from hosted_engine.engine.vms.initialization.checks import check_initialization, good_members
from hosted_engine.engine.vms.initialization.model import (
    BootProtocol,
    Initialization,
    Ip,
    IpVersion,
    NicConfiguration,
)
from hosted_engine.engine.vms.initialization.network_config import network_config

GOLDEN = Path(__file__).parents[3] / "data" / "cloud_init"
STATIC = NicConfiguration(
    name="eth0",
    boot_protocol=BootProtocol.STATIC,
    ip=Ip(address="192.0.2.10", netmask="255.255.255.0", gateway="192.0.2.1", version=IpVersion.V4),
    ipv6_boot_protocol=BootProtocol.STATIC,
    ipv6=Ip(address="2001:db8::10", netmask="64", gateway="2001:db8::1"),
)
WHOLE = Initialization(
    host_name="web.example.com",
    user_name="root",
    authorized_ssh_keys="ssh-ed25519 AAAA a@b\n\nssh-rsa BBBB c@d\n",
    regenerate_ssh_keys=True,
    timezone="Europe/Berlin",
    dns_servers="192.0.2.53 2001:db8::53",
    dns_search="example.com example.net",
    nic_configurations=(
        STATIC,
        NicConfiguration(name="eth1", boot_protocol=BootProtocol.DHCP, ipv6_boot_protocol=BootProtocol.AUTOCONF),
        NicConfiguration(name="eth2", ip=Ip(address="198.51.100.2", netmask="30"), on_boot=False),
        NicConfiguration(name="eth3", ipv6_boot_protocol=BootProtocol.POLY_DHCP_AUTOCONF, on_boot=True),
        NicConfiguration(name="eth4", boot_protocol=BootProtocol.NONE),
    ),
)
PASSWORD = 'pass: "word"'
SCRIPT = "write_files:\n- content: hello\n  path: /tmp/greeting\n"
INSTANCE = "11111111-2222-4333-8444-555555555555"


def files(initialization: Initialization = WHOLE, *, password: str = PASSWORD, script: str = "") -> dict[str, Any]:
    """Each as YAML."""
    found = cloud_init.files(initialization, INSTANCE, password=password, script=script)
    return {name: yaml.safe_load(text) for name, text in found.items()}


@pytest.mark.parametrize("name", ["meta-data", "user-data", "network-config"])
def test_it_is_what_real_ones_have_taken(name: str) -> None:
    text = cloud_init.files(WHOLE, INSTANCE, password=PASSWORD, script=SCRIPT)[name]
    if os.environ.get("TRIVET_GOLDEN") == "write":
        (GOLDEN / name).write_text(text)
    assert text == (GOLDEN / name).read_text()


def test_what_is_not_said_is_left_to_the_guest() -> None:
    assert files(Initialization(), password="") == {"meta-data": {"instance-id": INSTANCE}, "user-data": None}


def test_a_password_without_a_user_is_that_of_root() -> None:
    user_data = files(Initialization(), password="x")["user-data"]
    assert (user_data["user"], user_data["disable_root"], user_data["ssh_pwauth"]) == ("root", False, True)
    user_data = files(Initialization(user_name="ops"), password="x")["user-data"]
    assert (user_data["user"], "disable_root" in user_data) == ("ops", False)


def test_keys_alone_are_those_of_the_images_own_user() -> None:
    assert files(Initialization(authorized_ssh_keys="k1\nk2"), password="")["user-data"] == {
        "ssh_authorized_keys": ["k1", "k2"]
    }


@pytest.mark.parametrize("password", ["yes", "0123", "a: b", "#c", "'\"", "ü✓", "{x}", "null"])
def test_a_text_stays_one_whatever_it_looks_like(password: str) -> None:
    assert files(Initialization(), password=password)["user-data"]["password"] == password


def test_yaml_of_ones_own_follows_and_counts() -> None:
    user_data = files(script="#cloud-config\ntimezone: Asia/Tokyo\nruncmd: [date]\n")["user-data"]
    assert (user_data["timezone"], user_data["runcmd"], user_data["user"]) == ("Asia/Tokyo", ["date"], "root")


@pytest.mark.parametrize("script", ["#!/bin/sh\necho ü\n", "\n#include\nhttps://example.com/x\n"])
def test_a_script_is_a_part_of_its_own(script: str) -> None:
    text = cloud_init.files(WHOLE, INSTANCE, password="x", script=script)["user-data"]
    _, settings, own = message_from_string(text, policy=default).walk()
    assert settings.get_content_type() == "text/cloud-config"
    assert yaml.safe_load(settings.get_content())["timezone"] == "Europe/Berlin"
    assert own.get_content() == script.lstrip()


@pytest.mark.parametrize(
    ("script", "reason"), [("a: [1", "no YAML.*line"), ("- 1\n- 2", "neither YAML"), ("echo hello", "neither YAML")]
)
def test_what_would_make_cloud_init_do_nothing_is_refused(script: str, reason: str) -> None:
    with pytest.raises(BadValue, match=rf"vm\.initialization\.custom_script.*{reason}") as caught:
        good_members({"custom_script": script}, "vm.initialization")
    assert script not in str(caught.value)


def test_the_network_is_that_of_version_1() -> None:
    assert network_config(Initialization(dns_search="x")) is None
    network = network_config(WHOLE)
    assert network is not None
    nics = {nic.get("name", nic["type"]): nic for nic in network["config"]}
    assert [subnet["type"] for nic in nics.values() for subnet in nic.get("subnets", ())] == [
        *("static", "static6", "dhcp4", "ipv6_slaac", "static", "ipv6_slaac", "dhcp6", "manual")
    ]
    assert nics["eth0"]["subnets"][0] == {"type": "static", "address": "192.0.2.10/24", "gateway": "192.0.2.1"}
    assert [name for name, nic in nics.items() if "control" in str(nic)] == ["eth2"]
    assert nics["nameserver"]["search"] == ["example.com", "example.net"]


def nic(**given: Any) -> dict[str, Any]:
    return {"nic_configurations": (NicConfiguration(**{"name": "eth0", **given}),)}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"host_name": "two words"}, "vm.initialization.host_name"),
        ({"host_name": "-x"}, "vm.initialization.host_name"),
        ({"user_name": "a b"}, "vm.initialization.user_name"),
        ({"timezone": "Mars/Olympus"}, "vm.initialization.timezone"),
        ({"domain": "example.com"}, "vm.initialization.domain.*cloud-init does not do that"),
        ({"input_locale": "de-DE"}, "vm.initialization.input_locale"),
        ({"dns_servers": "192.0.2.53"}, "vm.initialization.dns_servers.*nic_configurations"),
        ({"dns_servers": "one,two", **nic(boot_protocol=BootProtocol.DHCP)}, "dns_servers.*no address"),
        (nic(name=""), r"nic_configuration\[1\]\.name"),
        (nic(name="a/b"), r"nic_configuration\[1\]\.name"),
        (nic(boot_protocol=BootProtocol.AUTOCONF), r"nic_configuration\[1\]\.boot_protocol.*only IPv6"),
        (nic(boot_protocol=BootProtocol.STATIC), r"nic_configuration\[1\]\.ip\.address.*is static"),
        (nic(ip=Ip(address="192.0.2.1")), r"nic_configuration\[1\]\.ip\.netmask"),
        (nic(ip=Ip(address="192.0.2.1", netmask="255.0.255.0")), r"nic_configuration\[1\]\.ip\.netmask"),
        (nic(ip=Ip(address="2001:db8::1", netmask="64")), r"nic_configuration\[1\]\.ip\.address.*IPv4"),
        (nic(ip=Ip(address="192.0.2.1", netmask="24", gateway="x")), r"nic_configuration\[1\]\.ip\.gateway"),
        (nic(ipv6=Ip(address="2001:db8::1", netmask="64", version=IpVersion.V4)), r"\[1\]\.ipv6\.version"),
        (
            nic(boot_protocol=BootProtocol.DHCP, ip=Ip(address="192.0.2.1", netmask="24")),
            r"nic_configuration\[1\]\.ip\.address.*boot_protocol is not static",
        ),
        (
            {"nic_configurations": (STATIC, NicConfiguration(name="eth0"))},
            r"nic_configuration\[2\]\.name.*another one",
        ),
    ],
)
def test_what_cannot_be_carried_out_is_refused_by_name(given: dict[str, Any], reason: str) -> None:
    check_initialization(WHOLE, "other_linux")
    with pytest.raises(BadValue, match=reason):
        check_initialization(Initialization(**given), "other")
