"""Makes the committed data of the oVirt API v4 from a description of it, so that no type or path is typed by hand.

    python -m ci.schema api_model.json sdk_services.json event_codes.json search_fields.json

Writes hosted_engine/rest/schema.json (read by hosted_engine.rest.schema, which documents the form),
hosted_engine/engine/events/codes.json and hosted_engine/engine/search/known.json. The inputs are not in the tree: they
come out of the API's public model, the Python SDK and the engine's tables of audit events and of search fields.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1] / "hosted_engine"
CRUD = ("get", "list", "add", "update", "remove")

# Where the protocol's tags are not the type's name in lower case.
TAGS = {
    "GlusterBrick": "brick",
    "GlusterBrickMemoryInfo": "brick_memoryinfo gluster_brick_memory_infos",
    "GlusterMemoryPool": "memory_pool",
    "GlusterServerHook": "server_hook",
    "KatelloErratum": "katello_erratum katello_errata",
    "MigrationOptions": "migration migration_optionss",
    "NumaNode": "host_numa_node",
    "OperatingSystem": "os oss",
    "OperatingSystemInfo": "operating_system operation_systems",
    "TransparentHugePages": "transparent_hugepages transparent_huge_pagess",
    "VirtualNumaNode": "vm_numa_node",
}
ATTRIBUTE_TAGS = {
    ("NumaNode[]", "numa_nodes"): "host_numa_nodes",
    ("TransparentHugePages", "transparent_huge_pages"): "transparent_hugepages",
}
# What the model leaves out: the frame of an action and of a fault.
FRAMES = {
    "Fault": "reason:String detail:String",
    "GracePeriod": "expiry:Integer",
}
LISTS_THAT_COME_OUT = ("discovered_targets", "iscsi_targets", "storage_domains")
ACTION = "status:String reason:String job:Job fault:Fault grace_period:GracePeriod"
ACTION += " async:Boolean filter:Boolean follow:String"
# Which objects of the API a search of oVirt finds under which name; NIC of a host and VNIC within others only.
SEARCHED = {
    "CLUSTER": "Cluster",
    "DATACENTER": "DataCenter",
    "DISK": "Disk",
    "EVENT": "Event",
    "GROUP": "Group",
    "HOST": "Host",
    "INSTANCETYPE": "InstanceType",
    "JOB": "Job",
    "NETWORK": "Network",
    "POOL": "VmPool",
    "QUOTA": "Quota",
    "STORAGE": "StorageDomain",
    "TEMPLATE": "Template",
    "USER": "User",
    "VM": "Vm",
    "VNIC": "Nic",
    "VNICPROFILE": "VnicProfile",
    "VOLUME": "GlusterVolume",
}
# Known to the SDK only.
ACTION += " attachment:DiskAttachment auto_pinning_policy:AutoPinningPolicy clone_permissions:Boolean seal:Boolean"
ACTION += " connection:StorageConnection directory:String filename:String image_transfer:ImageTransfer"
ACTION += " permission:Permission"


def snake(name: str) -> str:
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name.removeprefix("_"))
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def tags(type_name: str) -> str:
    """The tags of one object and of a list of them: "vm vms"."""
    given = TAGS.get(type_name, snake(type_name)).split()
    one = re.sub("^open_stack_(?!provider|volume_type)", "openstack_", given[0])
    many = given[1] if len(given) > 1 else one[:-1] + "ies" if re.search("[^aeiou]y$", one) else one + "s"
    return f"{one} {many}"


def attribute(name: str, type_name: str, marks: list[str]) -> str:
    """name[=tag]:Type[[]][@], the @ for what is written as a link."""
    plain = snake(name)
    tag = ATTRIBUTE_TAGS.get((type_name, plain))
    return f"{plain}{'=' + tag if tag else ''}:{type_name}{'@' if 'Link' in marks else ''}"


def types(model: dict[str, Any]) -> dict[str, list[str]]:
    made = {
        name: [tags(name), " ".join(t["ext"]), " ".join(attribute(*a) for a in t["attrs"])]
        for name, t in sorted(model["types"].items())
    }
    for name, attributes in FRAMES.items():
        made[name] = [tags(name), "", attributes]
    made["Action"] = [tags("Action"), "Identified", f"{ACTION} {action_attributes(model)}"]
    return made


def mend_parameters(model: dict[str, Any], sdk: dict[str, Any]) -> None:
    """Put right, in place, what the model says wrongly: which parameters are lists, and one type."""
    listed = {
        f"{service}.{name}"
        for service, s in sdk.items()
        for m in s["methods"].values()
        for name, kind in m["params"].items()
        if kind == "list"
    }
    for service, body in model["services"].items():
        for method in body["methods"].values():
            for parameter in method["params"]:
                name, kind, _ = parameter
                if f"{service}.{snake(name)}" in listed or snake(name) in LISTS_THAT_COME_OUT:
                    parameter[1] = kind + "[]"
                elif kind == "types":
                    parameter[1] = "Ticket"


def action_attributes(model: dict[str, Any]) -> str:
    """An action's body holds the parameters of all actions of all services."""
    own = {part.split(":")[0] for part in ACTION.split()} | {"id", "name", "description", "comment"}
    found: dict[str, str] = {}
    for service in model["services"].values():
        for method, body in service["methods"].items():
            for name, type_name, _ in body["params"] if snake(method) not in CRUD else ():
                if snake(name) not in own:
                    found[snake(name)] = attribute(name, type_name, [])
    return " ".join(found[name] for name in sorted(found))


def parameters(params: list[list[Any]], direction: str) -> str:
    return " ".join(f"{snake(name)}:{kind}" for name, kind, ways in params if direction in ways)


def services(model: dict[str, Any], sdk: dict[str, Any]) -> dict[str, list[Any]]:
    """Name without "Service" -> [base, locators, {method: [takes, gives]}]."""
    by_lower = {name.lower(): name for name in model["services"]}
    made: dict[str, list[Any]] = {}
    for name, service in sorted(sdk.items()):
        known = model["services"].get(by_lower.get(name.lower(), ""), {"methods": {}})
        methods = {
            snake(m): [parameters(b["params"], "In"), parameters(b["params"], "Out")]
            for m, b in known["methods"].items()
        }
        if name == "SystemService":
            methods = {"get": ["", "api:Api"], "reload_configurations": ["async:Boolean", ""]}
        base = service["bases"][0].removesuffix("Service")
        if methods or service["locators"] or base:
            made[name.removesuffix("Service")] = [base, locators(service["locators"]), dict(sorted(methods.items()))]
    return made


def locators(found: dict[str, Any]) -> str:
    """segment>Service, and {name}>Service where the segment is an id."""
    parts = []
    for name, locator in sorted(found.items()):
        segment = snake(name).removesuffix("_service")
        by_id = "%s/%s" in locator["path"]
        segment = f"{{{segment}}}" if by_id else segment.replace("_", "")
        parts.append(f"{segment}>{locator['service'].removesuffix('Service')}")
    return " ".join(parts)


def enums(model: dict[str, Any]) -> dict[str, str]:
    return {name: " ".join(values).lower() for name, values in sorted(model["enums"].items())}


def dump(value: Mapping[str, Mapping[str, Any]]) -> str:
    """JSON with one line per entry, so that a change reads well as a diff."""
    sections = []
    for section, entries in value.items():
        lines = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in entries.items())
        sections.append(f"{json.dumps(section)}:{{\n{lines}\n}}")
    return "{" + ",\n".join(sections) + "}\n"


def known_searches(found: dict[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The words of oVirt's search by the types of the API; what cannot be typed stands without its unit."""
    types: dict[str, list[str]] = {}
    enums: dict[str, str] = {}
    for name, type_name in SEARCHED.items():
        entity = found["entities"][name]
        fields = []
        for field, said in entity["fields"].items():
            if not said["completion"]:
                continue
            enum = said.get("enum", "") if said["type"] == "enum" else ""
            if enum:
                enums[enum] = " ".join(found["enumerations"][enum]["values"])
            fields.append(f"{field.split()[0].lower()}{'*' if said['free_text'] else ''}{':' + enum if enum else ''}")
        prefixes = (
            word for r in entity["cross_references"].values() for word in r["prefix_words"] + r["hidden_prefix_words"]
        )
        words = entity["accepted_words"] or [name]
        types[type_name] = [" ".join(words).lower(), " ".join(fields), " ".join(sorted(set(prefixes))).lower()]
    return {"enums": dict(sorted(enums.items())), "types": dict(sorted(types.items()))}


def main(model_file: str, sdk_file: str, events_file: str, searches_file: str) -> None:
    files = (model_file, sdk_file, events_file, searches_file)
    model, sdk, events, searches = (json.loads(Path(f).read_text()) for f in files)
    mend_parameters(model, sdk)
    schema: dict[str, Mapping[str, Any]] = {
        "enums": enums(model),
        "types": types(model),
        "services": services(model, sdk),
    }
    (ROOT / "rest" / "schema.json").write_text(dump(schema))
    (ROOT / "engine" / "events" / "codes.json").write_text(dump({"events": events["events"]}))
    (ROOT / "engine" / "search" / "known.json").write_text(dump(known_searches(searches)))


if __name__ == "__main__":
    main(*sys.argv[1:])
