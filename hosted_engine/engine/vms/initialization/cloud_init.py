"""What a guest's cloud-init reads: the files of its data source NoCloud; pure.

NoCloud and not OpenStack's config drive, which oVirt makes: every cloud-init since 0.6 has it, it is the first that
Debian's and Red Hat's look for, it takes the network by the names of the NICs, and pretends to be no cloud.
"""

import json
from collections.abc import Mapping
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import yaml

from hosted_engine.engine.vms.initialization.model import Initialization
from hosted_engine.engine.vms.initialization.network_config import network_config

LABEL = "cidata"
HEADER = "#cloud-config\n"
_BOUNDARY = "==part-of-what-cloud-init-is-told=="
_OTHER_PARTS = ("#!", "#include", "#cloud-boothook", "#cloud-config-archive", "#part-handler", "## template:")


def files(initialization: Initialization, instance_id: str, *, password: str, script: str) -> dict[str, str]:
    """Texts by name. `instance_id` is what tells one first start from another: with a new one cloud-init does all of it
    again."""
    meta_data = {"instance-id": instance_id}
    if initialization.host_name:
        meta_data["local-hostname"] = initialization.host_name
    found = {"meta-data": _lines(meta_data), "user-data": _user_data(initialization, password, script)}
    if (network := network_config(initialization)) is not None:
        found["network-config"] = _lines(network)
    return found


def why_not_script(script: str) -> str | None:
    """Where it is YAML it has to be a part of a `#cloud-config`: with a mistake in it cloud-init would do nothing."""
    if is_part(script):
        return None
    try:
        found = yaml.safe_load(script)
    except yaml.YAMLError as err:
        return f"it is no YAML ({' '.join(str(getattr(err, 'problem', '') or err).split())}{_place_of(err)})"
    if found is not None and not isinstance(found, dict):
        return "it is neither YAML of cloud-init's settings (write_files: …) nor a script (#!/bin/sh)"
    return None


def is_part(script: str) -> bool:
    """Whether it is something of its own for cloud-init, beside its settings."""
    return script.lstrip().startswith(_OTHER_PARTS)


def _place_of(err: yaml.YAMLError) -> str:
    mark = getattr(err, "problem_mark", None)
    return f" in line {mark.line + 1}" if mark is not None else ""


def _user_data(initialization: Initialization, password: str, script: str) -> str:
    """A script of one's own that is YAML follows the settings, as in oVirt: what it says again counts."""
    config = HEADER + _lines(_settings(initialization, password))
    if not script.strip():
        return config
    if not is_part(script):
        return f"{config}{script.rstrip()}\n"
    parts = MIMEMultipart(boundary=_BOUNDARY)
    parts.attach(MIMEText(config, "cloud-config", "utf-8"))
    parts.attach(MIMEText(script.lstrip(), "plain", "utf-8"))
    return parts.as_string()


def _settings(initialization: Initialization, password: str) -> Mapping[str, Any]:
    user = initialization.user_name or ("root" if password else "")
    keys = [line.strip() for line in initialization.authorized_ssh_keys.splitlines() if line.strip()]
    settings: dict[str, Any] = {}
    if user:
        settings["user"] = user
    if user == "root":
        settings["disable_root"] = False
    if password:
        settings |= {"password": password, "chpasswd": {"expire": False}, "ssh_pwauth": True}
    if keys:
        settings["ssh_authorized_keys"] = keys
    if initialization.regenerate_ssh_keys is not None:
        settings["ssh_deletekeys"] = initialization.regenerate_ssh_keys
    if initialization.timezone:
        settings["timezone"] = initialization.timezone
    return settings


def _lines(settings: Mapping[str, Any]) -> str:
    """YAML whose values are JSON, which is YAML too: a text stays one, whatever it looks like."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
