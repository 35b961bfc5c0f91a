"""The answer file of a Windows: the settings where Microsoft's documentation has them."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from hosted_engine.engine.problems import BadValue
from hosted_engine.engine.secrets import Secret
from hosted_engine.engine.vms.initialization import sysprep
from hosted_engine.engine.vms.initialization.checks import check_initialization, check_script, good_members
from hosted_engine.engine.vms.initialization.model import Initialization, NicConfiguration

NAMES = {"u": sysprep.NAMESPACE}
WHOLE = Initialization(
    host_name="win1.example.com",
    user_name="joiner",
    domain="example.com",
    active_directory_ou="OU=Servers,DC=example,DC=com",
    org_name="Example & <Sons>",
    timezone="W. Europe Standard Time",
    input_locale="de-DE",
    ui_language="en-US",
    system_locale="de-DE",
    user_locale="de-DE",
)


def answers(initialization: Initialization, password: str = 'pa<s"s', license_key: str = "") -> dict[str, str]:
    """The texts of all settings, by their pass, component and path."""
    root = ET.fromstring(sysprep.answer_file(initialization, password=password, license_key=license_key).encode())
    found: dict[str, str] = {}

    def walk(element: ET.Element, path: str) -> None:
        for inner in element:
            below = f"{path}/{inner.tag.removeprefix(f'{{{sysprep.NAMESPACE}}}')}"
            if inner.text and inner.text.strip():
                found[below] = inner.text
            walk(inner, below)

    for settings in root.iterfind("u:settings", NAMES):
        for component in settings.iterfind("u:component", NAMES):
            assert component.get("processorArchitecture") == "amd64"
            name = str(component.get("name")).removeprefix("Microsoft-Windows-")
            walk(component, f"{settings.get('pass')}/{name}")
    return found


def test_all_of_it_is_where_windows_looks() -> None:
    found = answers(WHOLE, license_key="AAAAA-BBBBB-CCCCC-DDDDD-EEEEE")
    shell, oobe = "specialize/Shell-Setup", "oobeSystem/Shell-Setup"
    assert {name: text for name, text in found.items() if "OOBE/" not in name} == {
        f"{shell}/ComputerName": "win1",
        f"{shell}/ProductKey": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
        f"{shell}/RegisteredOrganization": "Example & <Sons>",
        f"{shell}/TimeZone": "W. Europe Standard Time",
        "specialize/Deployment/RunSynchronous/RunSynchronousCommand/Order": "1",
        "specialize/Deployment/RunSynchronous/RunSynchronousCommand/Path": (
            r'reg add "HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters" /v "NV Domain"'
            ' /t REG_SZ /d "example.com" /f'
        ),
        "specialize/UnattendedJoin/Identification/Credentials/Domain": "example.com",
        "specialize/UnattendedJoin/Identification/Credentials/Username": "joiner",
        "specialize/UnattendedJoin/Identification/Credentials/Password": 'pa<s"s',
        "specialize/UnattendedJoin/Identification/JoinDomain": "example.com",
        "specialize/UnattendedJoin/Identification/MachineObjectOU": "OU=Servers,DC=example,DC=com",
        "oobeSystem/International-Core/InputLocale": "de-DE",
        "oobeSystem/International-Core/SystemLocale": "de-DE",
        "oobeSystem/International-Core/UILanguage": "en-US",
        "oobeSystem/International-Core/UserLocale": "de-DE",
        f"{oobe}/UserAccounts/AdministratorPassword/Value": 'pa<s"s',
        f"{oobe}/UserAccounts/AdministratorPassword/PlainText": "true",
    }
    assert found[f"{oobe}/OOBE/HideEULAPage"] == "true"


def test_another_user_is_made_and_may_administrate() -> None:
    local = "oobeSystem/Shell-Setup/UserAccounts/LocalAccounts/LocalAccount"
    found = answers(Initialization(user_name="ops"))
    assert (found[f"{local}/Name"], found[f"{local}/Group"], found[f"{local}/Password/Value"]) == (
        "ops",
        "Administrators",
        'pa<s"s',
    )
    assert not [name for name in answers(Initialization(user_name="administrator")) if "LocalAccount" in name]


def test_what_is_not_said_is_left_out() -> None:
    assert all("OOBE/" in name for name in answers(Initialization(), password=""))


def test_a_file_of_ones_own_stands_for_all_of_it() -> None:
    own = f'<unattend xmlns="{sysprep.NAMESPACE}">\n  ...\n</unattend>'
    good_members({"custom_script": own}, "vm.initialization")
    check_script(own, "windows_11")
    made = sysprep.files(WHOLE, password="x", license_key="", script=f"\n{own}\n")
    assert made == {"Unattend.xml": own, "Autounattend.xml": own}


@pytest.mark.parametrize("script", ["<unattend>", "<unattend/>", f'<x xmlns="{sysprep.NAMESPACE}"/>'])
def test_what_is_no_answer_file_is_refused(script: str) -> None:
    with pytest.raises(BadValue, match=r"vm\.initialization\.custom_script"):
        good_members({"custom_script": script}, "vm.initialization")


@pytest.mark.parametrize(("script", "os_type"), [("runcmd: [x]", "windows_11"), ("<unattend/>", "debian_9")])
def test_a_script_is_for_its_kind_of_guest(script: str, os_type: str) -> None:
    with pytest.raises(BadValue, match=r"vm\.initialization\.custom_script"):
        check_script(script, os_type)


@pytest.mark.parametrize(
    ("given", "os_type", "reason"),
    [
        ({"host_name": "a-name-of-16-char.example.com"}, "windows_11", "vm.initialization.host_name.*15"),
        ({"authorized_ssh_keys": "k"}, "windows_11", "vm.initialization.authorized_ssh_keys.*sysprep does not"),
        ({"nic_configurations": (NicConfiguration(name="x"),)}, "windows_11", "vm.initialization.nic_configurations"),
        ({"domain": "example.com"}, "windows_11", "vm.initialization.domain.*root_password"),
        ({"active_directory_ou": "OU=x"}, "windows_11", "vm.initialization.active_directory_ou.*domain is missing"),
        ({"host_name": "x"}, "windows_xp", "vm.os.type.*no XML"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_by_name(given: dict[str, Any], os_type: str, reason: str) -> None:
    joins = Secret("sealed")
    check_initialization(Initialization(root_password=joins, domain="example.com"), "windows_11")
    with pytest.raises(BadValue, match=reason):
        check_initialization(Initialization(**given), os_type)
