"""What a guest is told at its first start: by cloud-init where it is a Linux, by sysprep where it is a Windows."""

from enum import StrEnum

import msgspec

from hosted_engine.engine.secrets import Secret


class BootProtocol(StrEnum):
    AUTOCONF = "autoconf"
    DHCP = "dhcp"
    NONE = "none"
    POLY_DHCP_AUTOCONF = "poly_dhcp_autoconf"
    STATIC = "static"


class IpVersion(StrEnum):
    V4 = "v4"
    V6 = "v6"


class Ip(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`netmask` is a mask or the length of a prefix."""

    address: str = ""
    netmask: str = ""
    gateway: str = ""
    version: IpVersion | None = None


class NicConfiguration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """`name` is what the guest calls it."""

    name: str = ""
    boot_protocol: BootProtocol | None = None
    ip: Ip | None = None
    ipv6_boot_protocol: BootProtocol | None = None
    ipv6: Ip | None = None
    on_boot: bool | None = None


class Initialization(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """By oVirt's names. `root_password` is that of `user_name`. `custom_script` is YAML that is added to what
    cloud-init is told, or a script, or the whole answer file of a Windows."""

    host_name: str = ""
    user_name: str = ""
    root_password: Secret | None = None
    authorized_ssh_keys: str = ""
    regenerate_ssh_keys: bool | None = None
    timezone: str = ""
    dns_servers: str = ""
    dns_search: str = ""
    nic_configurations: tuple[NicConfiguration, ...] = ()
    custom_script: Secret | None = None

    domain: str = ""
    active_directory_ou: str = ""
    org_name: str = ""
    windows_license_key: Secret | None = None
    input_locale: str = ""
    ui_language: str = ""
    system_locale: str = ""
    user_locale: str = ""


CLOUD_INIT_ALONE = frozenset(
    {"authorized_ssh_keys", "dns_search", "dns_servers", "nic_configurations", "regenerate_ssh_keys"}
)
SYSPREP_ALONE = frozenset(
    {
        "active_directory_ou",
        "domain",
        "input_locale",
        "org_name",
        "system_locale",
        "ui_language",
        "user_locale",
        "windows_license_key",
    }
)
