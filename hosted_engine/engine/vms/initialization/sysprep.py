"""The answer file of a Windows that sysprep has sealed: what its first start asks nobody for; pure.

https://learn.microsoft.com/windows-hardware/customize/desktop/unattend: each component's settings.
"""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from hosted_engine.engine.vms.initialization.model import Initialization

LABEL = "SYSPREP"
NAMES = ("Unattend.xml", "Autounattend.xml")
"""A sealed Windows looks for the first in the root of each drive, a setup from its own disc for the second."""

NAMESPACE = "urn:schemas-microsoft-com:unattend"
_WCM = "http://schemas.microsoft.com/WMIConfig/2002/State"
_SPECIALIZE, _OOBE = "specialize", "oobeSystem"
ADMINISTRATOR = "Administrator"
COMPUTER_NAME_CHARACTERS = 15  # NetBIOS


def files(initialization: Initialization, *, password: str, license_key: str, script: str) -> dict[str, str]:
    """Texts by name. A script of one's own is the whole answer file, as in oVirt."""
    text = script.strip() or answer_file(initialization, password=password, license_key=license_key)
    return dict.fromkeys(NAMES, text)


def why_not_script(script: str) -> str | None:
    try:
        root = ET.fromstring(script.strip())
    except ET.ParseError as err:
        return f"it is no XML ({err})"
    return None if root.tag == f"{{{NAMESPACE}}}unattend" else f"its root is not unattend of {NAMESPACE}"


def computer_name(host_name: str) -> str:
    return host_name.partition(".")[0]


def answer_file(initialization: Initialization, *, password: str, license_key: str) -> str:
    ET.register_namespace("", NAMESPACE)
    ET.register_namespace("wcm", _WCM)
    root = ET.Element(_tag("unattend"))
    specialize, oobe = _pass(root, _SPECIALIZE), _pass(root, _OOBE)
    _shell(specialize, initialization, license_key)
    _dns_suffix(specialize, initialization)
    _join(specialize, initialization, password)
    _locales(oobe, initialization)
    _welcome(oobe, initialization, password)
    for settings in (specialize, oobe):
        if not len(settings):
            root.remove(settings)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _shell(settings: ET.Element, initialization: Initialization, license_key: str) -> None:
    _component(
        settings,
        "Microsoft-Windows-Shell-Setup",
        {
            "ComputerName": computer_name(initialization.host_name),
            "ProductKey": license_key,
            "RegisteredOrganization": initialization.org_name,
            "TimeZone": initialization.timezone,
        },
    )


def _dns_suffix(settings: ET.Element, initialization: Initialization) -> None:
    """The setup has no word for the domain of a host's name."""
    suffix = initialization.host_name.partition(".")[2]
    if not suffix:
        return
    component = _component(settings, "Microsoft-Windows-Deployment", {})
    command = _add(_add(component, "RunSynchronous"), "RunSynchronousCommand", **{f"{{{_WCM}}}action": "add"})
    key = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
    _add(command, "Order", "1")
    _add(command, "Path", f'reg add "{key}" /v "NV Domain" /t REG_SZ /d "{suffix}" /f')


def _join(settings: ET.Element, initialization: Initialization, password: str) -> None:
    if not initialization.domain:
        return
    component = _component(settings, "Microsoft-Windows-UnattendedJoin", {})
    identification = _add(component, "Identification")
    credentials = _add(identification, "Credentials")
    _add(credentials, "Domain", initialization.domain)
    _add(credentials, "Username", initialization.user_name or ADMINISTRATOR)
    _add(credentials, "Password", password)
    _add(identification, "JoinDomain", initialization.domain)
    if initialization.active_directory_ou:
        _add(identification, "MachineObjectOU", initialization.active_directory_ou)


def _locales(settings: ET.Element, initialization: Initialization) -> None:
    _component(
        settings,
        "Microsoft-Windows-International-Core",
        {
            "InputLocale": initialization.input_locale,
            "SystemLocale": initialization.system_locale,
            "UILanguage": initialization.ui_language,
            "UserLocale": initialization.user_locale,
        },
    )


def _welcome(settings: ET.Element, initialization: Initialization, password: str) -> None:
    """It asks nothing. Another user than the administrator is made, as one."""
    component = _component(settings, "Microsoft-Windows-Shell-Setup", {})
    welcome = _add(component, "OOBE")
    for name, value in (
        ("HideEULAPage", "true"),
        ("HideOnlineAccountScreens", "true"),
        ("HideWirelessSetupInOOBE", "true"),
        ("ProtectYourPC", "3"),
    ):
        _add(welcome, name, value)
    if not password:
        return
    accounts, user = _add(component, "UserAccounts"), initialization.user_name
    _password(_add(accounts, "AdministratorPassword"), password)
    if user and user.lower() != ADMINISTRATOR.lower() and not initialization.domain:
        local = _add(_add(accounts, "LocalAccounts"), "LocalAccount", **{f"{{{_WCM}}}action": "add"})
        _password(_add(local, "Password"), password)
        _add(local, "Group", "Administrators")
        _add(local, "Name", user)


def _password(element: ET.Element, password: str) -> None:
    _add(element, "Value", password)
    _add(element, "PlainText", "true")


def _pass(root: ET.Element, name: str) -> ET.Element:
    return _add(root, "settings", **{"pass": name})


def _component(settings: ET.Element, name: str, values: Mapping[str, str]) -> ET.Element:
    """Of the values those that are said."""
    said = {key: value for key, value in values.items() if value}
    component = ET.Element(
        _tag("component"),
        name=name,
        processorArchitecture="amd64",
        publicKeyToken="31bf3856ad364e35",
        language="neutral",
        versionScope="nonSxS",
    )
    for key, value in said.items():
        _add(component, key, value)
    if said or not values:
        settings.append(component)
    return component


def _add(above: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.SubElement(above, _tag(name), attributes)
    element.text = text or None
    return element


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
