"""What the matrix of permissions is made of: two of everything, and what the data says may be done with it. Nothing
here asks the engine's own code who may do what."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import hosted_engine.engine.permissions as permissions_package
import hosted_engine.engine.roles as roles_package
from hosted_engine.engine.disks.model import DiskAttachment, attachment_id
from hosted_engine.engine.networks.model import VnicProfile
from hosted_engine.engine.ports import Transaction
from hosted_engine.rest.schema import schema

SYSTEM = ("system", "aaa00000-0000-0000-0000-123456789aaa")
OPERATIONS: Mapping[str, Any] = json.loads(
    (Path(permissions_package.__file__).with_name("operations.json")).read_text()
)
_PREDEFINED = json.loads((Path(roles_package.__file__).with_name("predefined.json")).read_text())
ROLES: Sequence[Mapping[str, Any]] = _PREDEFINED["roles"]
_NAMES = {permit["id"]: permit["name"] for permit in _PREDEFINED["permits"]}

# By the name of an id in a path: oVirt's kind, the table, and what is above it by the same names.
KINDS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "data_center": ("StoragePool", "data_centers", ()),
    "cluster": ("Cluster", "clusters", ("data_center",)),
    "host": ("VDS", "nodes", ("cluster", "data_center")),
    "storage_domain": ("Storage", "storage_domains", ("data_center",)),
    "network": ("Network", "networks", ("data_center",)),
    "profile": ("VnicProfile", "vnic_profiles", ("network", "data_center")),
    "template": ("VmTemplate", "templates", ("data_center",)),
    "vm": ("VM", "vms", ("cluster", "data_center")),
    "disk": ("Disk", "disks", ("storage_domain", "vm", "cluster", "data_center")),
}
OTHER_NAMES = {"attachment": "disk"}
_ELEMENTS = {"storage_domain": "storage_domains", "profile": "vnic_profile"}  # in bodies
_STRANGERS = ("instance_type", "mac_pool", "pool", "role")  # in paths, with permissions, and none in the trees
_WITH_ROLE = ("AssignedPermissions", "SystemPermissions")
_WITH_DISK = ("DiskAttachments",)
# Kinds of which there is nothing: they stand for the whole system.
_MISSING = {"CpuProfile", "DiskProfile", "GlusterVolume", "MacPool", "Quota", "VmPool"}


@dataclass(frozen=True)
class Tree:
    """One of each kind, one below the other."""

    ids: Mapping[str, str]

    def target(self, name: str) -> tuple[str, str]:
        return (KINDS[name][1], self.ids[name])


@dataclass(frozen=True)
class Asked:
    """A request to `path`, which is `template` with the tree's ids; `named` are the kinds that path and body name."""

    service: str
    method: str
    template: str
    path: str
    ids: Mapping[str, str]
    body: Mapping[str, Any]
    named: frozenset[str]
    parameters: Mapping[str, str] = field(default_factory=dict)


def plant(tx: Transaction, name: str) -> Tree:
    """Another of everything, like what the site has."""
    ids = {kind: f"{name}-{kind}" for kind in KINDS}
    tx.data_centers.add(replace(tx.data_centers.list()[0], id=ids["data_center"], name=name))
    network = replace(tx.networks.list()[0], id=ids["network"], name=name, data_center_id=ids["data_center"])
    tx.networks.add(network)
    tx.of(VnicProfile).add(VnicProfile(id=ids["profile"], name=name, network_id=network.id))
    cluster = replace(tx.clusters.list()[0], id=ids["cluster"], name=name, data_center_id=ids["data_center"])
    tx.clusters.add(cluster)
    node = tx.nodes.list()[0]
    tx.nodes.add(
        replace(node, id=ids["host"], name=name, cluster_id=ids["cluster"], address=name, host_id=50 + tx.nodes.count())
    )
    domain = replace(tx.storage_domains.list()[0], id=ids["storage_domain"], name=name, master=False)
    tx.storage_domains.add(replace(domain, data_center_id=ids["data_center"]))
    template = replace(tx.templates.list()[0], id=ids["template"], name=name, cluster_id=ids["cluster"])
    tx.templates.add(replace(template, base_template_id=ids["template"]))
    vm = replace(tx.vms.list()[0], id=ids["vm"], name=name, cluster_id=ids["cluster"], template_id=ids["template"])
    tx.vms.add(vm)
    tx.disks.add(replace(tx.disks.list()[0], id=ids["disk"], name=name, storage_domain_id=ids["storage_domain"]))
    tx.disk_attachments.add(DiskAttachment(id=attachment_id(vm.id, ids["disk"]), owner_id=vm.id, disk_id=ids["disk"]))
    return Tree(ids)


def changes(tree: Tree) -> Iterator[Asked]:
    """Every operation that changes something, by each path that names another kind innermost; and with a body that says
    as much as conditions ask for."""
    for name, checks in OPERATIONS.items():
        if isinstance(checks, list):
            for asked in _requests(name, tree):
                yield asked
                if any(" if " in check for check in checks):
                    yield _with_conditions(asked, checks, tree)


def readings(tree: Tree) -> Iterator[tuple[Asked, str]]:
    """Every operation that reads, and who is shown it."""
    for name, shown in OPERATIONS.items():
        if isinstance(shown, str):
            for asked in _requests(name, tree):
                yield asked, shown


def permits(role: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_NAMES[permit] for permit in role["permits"])


def is_allowed(asked: Asked, role: Mapping[str, Any], on: str) -> bool:
    """Whether the data has it that the role, given on `on` of the tree ("system" for the whole), is enough."""
    return all(
        _permits(check, role, on, asked)
        for check in OPERATIONS[f"{asked.service}.{asked.method}"]
        if _counts(check, asked)
    )


def _permits(check: str, role: Mapping[str, Any], on: str, asked: Asked) -> bool:
    permit, _, where = check.partition(" if ")[0].partition(" on ")
    kind, _, places = where.partition(" of ")
    if permit == "SUPER_USER":
        return role["name"] == "SuperUser" and on == "system"
    if permit.lower() not in permits(role):
        return False
    if on == "system":
        return True
    meant = _at_places(places, kind, asked) if places else _meant(kind, asked)
    return bool(meant) and all(name in KINDS and on in (name, *KINDS[name][2]) for name in meant)


def _at_places(places: str, kind: str, asked: Asked) -> tuple[str, ...]:
    """The kinds of the tree that stand there; what is no object of the tree is "nothing"."""
    if kind in _MISSING:
        return ()
    values = [asked.body if place == "." else _at(asked.body, place) for place in places.split("|")]
    flat = [one for value in values if value for one in (value if isinstance(value, list) else [value])]
    ids = [one.get("id") if isinstance(one, dict) else one for one in flat]
    names = {f"own-{name}": name for name in KINDS} | ({"own-network": "profile"} if kind == "VnicProfile" else {})
    return tuple(names.get(str(identity), "nothing") for identity in ids)


def _meant(kind: str, asked: Asked) -> tuple[str, ...]:
    """The objects of that kind that the request is about: those that the path names, or that are above one of these.
    Where the path names nothing yet the body's."""
    if kind in ("System", "Permission", "TemplateStorage", "Role", "User", *_MISSING):
        return ()
    path = [name for name in _in_path(asked.template) if name in (*KINDS, *_STRANGERS)]
    there = tuple(path) or tuple(sorted(asked.named))
    if kind == "Any":
        return there[-1:] if path else there
    for name, (its_kind, _, _) in KINDS.items():
        if its_kind == kind and any(one in KINDS and name in (one, *KINDS[one][2]) for one in there):
            return (name,)
    return ()


def _counts(check: str, asked: Asked) -> bool:
    """Whether the check is made; the template of the matrix has no disks."""
    what, _, condition = check.partition(" if ")
    if "TemplateStorage" in what:
        return False
    negated = condition.startswith("!")
    plain = condition.removeprefix("!")
    if not plain:
        return True
    if plain == "self":
        holds = False
    elif plain == "administrative_role":
        holds = asked.body.get("role", {}).get("name") != "UserRole"  # what is not known counts as one
    elif plain.startswith(";"):
        holds = bool(asked.parameters)
    elif plain.startswith("/"):
        holds = plain[1:] in _in_path(asked.template)
    else:
        holds = any(_at(asked.body, place) for place in plain.split("|"))
        if (asked.service, asked.method, plain) == ("Vm", "update", "cluster"):
            holds = False  # it is the one where the VM is
    return holds is not negated


def _requests(name: str, tree: Tree) -> Iterator[Asked]:
    service, _, method = name.partition(".")
    known: set[str] = set()
    for path, one, where in sorted(schema().routes(), key=lambda route: len(route[0])):
        innermost = ([part for part in _in_path(path) if part in KINDS] or [""])[-1]
        if (where, one.name) == (service, method) and innermost not in known:
            known.add(innermost)
            yield _request(service, method, path, tree)


def _request(service: str, method: str, path: str, tree: Tree) -> Asked:
    names = _in_path(path)
    ids = {part.strip("{}"): tree.ids.get(name, f"some-{name}") for part, name in zip(_raw(path), names, strict=True)}
    body: dict[str, Any] = {}
    named = {name for name in names if name in KINDS}
    if service in _WITH_ROLE and method == "add":
        body["role"] = {"name": "UserRole"}
    elif service in _WITH_DISK and method == "add":
        body["disk"] = _element("storage_domain", tree)
        named.add("storage_domain")
    elif method == "add" and not named:
        for kind in ("cluster", "template", "data_center", "network", "storage_domain"):
            body |= _element(kind, tree)
            named.add(kind)
    filled = "/".join(ids.get(part.strip("{}"), part) if part.startswith("{") else part for part in path.split("/"))
    path_of_object = filled.rpartition("/")[0] if schema().service(service).methods[method].is_action else filled
    return Asked(service, method, path, f"/ovirt-engine/api{path_of_object}", ids, body, frozenset(named))


def _with_conditions(asked: Asked, checks: Sequence[str], tree: Tree) -> Asked:
    body, named, parameters = dict(asked.body), set(asked.named), {}
    for check in checks:
        condition = check.partition(" if ")[2]
        if condition.startswith(";"):
            name, _, value = condition[1:].partition("=")
            parameters[name] = value
        elif condition == "administrative_role":
            body["role"] = {"name": "ClusterAdmin"}
        elif condition and condition[0] not in "!/" and condition not in ("self", "administrative_role"):
            place = condition.partition("|")[0]
            _put(body, place, _value(place, tree))
            named |= {name for name in KINDS if place == _ELEMENTS.get(name, name)}
    return replace(asked, body=body, named=frozenset(named), parameters=parameters)


def _value(place: str, tree: Tree) -> Any:
    """An object of the tree where the place is one of its kinds."""
    if place.endswith("disk.id") or place == "id":
        return tree.ids["disk"]
    last = place.rpartition(".")[2]
    kind = next((name for name in KINDS if last in (name, _ELEMENTS.get(name))), "")
    value = {"id": tree.ids.get(kind, "something")}
    return [value] if last.endswith("s") else value


def _element(kind: str, tree: Tree) -> dict[str, Any]:
    value = {"id": tree.ids[kind]}
    return {_ELEMENTS.get(kind, kind): [value] if kind == "storage_domain" else value}


def _raw(path: str) -> list[str]:
    return [part for part in path.split("/") if part.startswith("{")]


def _in_path(path: str) -> list[str]:
    names = [part.strip("{}") for part in _raw(path)]
    return [OTHER_NAMES.get(name, name) for name in names]


def _put(body: dict[str, Any], place: str, value: Any) -> None:
    *above, last = place.split(".")
    for name in above:
        body = body.setdefault(name, {})
    body[last] = value


def _at(body: Mapping[str, Any], place: str) -> Any:
    value: Any = body
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


# Which role on what (on the object, on something above it, on something beside it) shows an object in the user's view:
# any role, or only one that shows what is below.
ANY, BELOW = "any", "below"
SHOWN_BY: Mapping[str, Mapping[str, str]] = {
    "cluster": {"cluster": ANY, "vm": ANY, "template": ANY, "data_center": ANY, "system": ANY},
    "data_center": {"data_center": ANY, "cluster": ANY, "vm": ANY, "system": ANY},
    "disk": {
        "disk": ANY,
        "vm": ANY,
        "storage_domain": BELOW,
        "cluster": BELOW,
        "data_center": BELOW,
        "system": BELOW,
    },
    "host": {"host": ANY, "cluster": ANY, "data_center": ANY, "system": ANY},
    "network": {"network": ANY, "profile": ANY, "cluster": BELOW, "data_center": BELOW, "system": BELOW},
    "profile": {"profile": ANY, "network": BELOW, "cluster": BELOW, "data_center": BELOW, "system": BELOW},
    "storage_domain": {"storage_domain": ANY, "vm": ANY, "disk": ANY, "data_center": ANY, "system": ANY},
    "template": {"template": ANY, "vm": ANY, "data_center": BELOW, "system": BELOW},
    "vm": {"vm": ANY, "cluster": BELOW, "data_center": BELOW, "system": BELOW},
}
TABLES = {table: name for name, (_, table, _) in KINDS.items()}
_GRANTING = frozenset({"manipulate_permissions", "add_users_and_groups_from_directory"})


def is_shown(asked: Asked, shown: str, role: Mapping[str, Any], on: str, *, view: bool) -> bool:
    """Whether an operation that reads is answered: one object where it has an id, else the list, with or without the
    tree's object in it (`in_list`)."""
    if shown == "all":
        return True
    if not view:
        return bool(role["administrative"]) and on != "nothing"
    match shown:
        case "administrators":
            return False
        case "granters":
            return on != "nothing" and bool(permits(role) & _GRANTING)
        case "within":
            around = _around(asked)
            if around == "instance_type":
                return in_list("instance_types", role, on)
            return bool(around) and _shows(role, on, around)
        case "own":
            return asked.method == "list" and not asked.service.startswith("Step")
    return asked.method == "list" or in_list(shown, role, on)


def in_list(table: str, role: Mapping[str, Any], on: str) -> bool:
    if table in ("users", "groups"):
        return on != "nothing" and bool(permits(role) & _GRANTING)
    if table == "permissions":
        return False
    if table not in TABLES:
        return on == "system" and bool(role["allows_viewing_children"]) and not role["administrative"]
    return _shows(role, on, TABLES[table])


def _shows(role: Mapping[str, Any], on: str, name: str) -> bool:
    how = SHOWN_BY[name].get(on)
    if how is None or role["administrative"] or (role["name"], on) == ("UserProfileEditor", "system"):
        return False
    return how == ANY or bool(role["allows_viewing_children"])


def _around(asked: Asked) -> str:
    """The innermost kind that the path's own object lies in."""
    segments = [part for part in asked.template.split("/") if part]
    outside = segments[:-1] if segments[-1].startswith("{") else segments
    names = [name for name in _in_path("/".join(outside)) if name in (*KINDS, "instance_type")]
    return names[-1] if names else ""
