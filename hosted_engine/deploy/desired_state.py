"""What the answers and decisions of a site mean for its nodes, in the words of the nodes' contract. No IO."""

from collections.abc import Iterable, Mapping, Sequence

import gluster.mount
import gluster.tls
from hosted_engine.deploy.answers import Answers
from hosted_engine.deploy.decisions import ENGINE_VM, LEASE, LOCKSPACE, TINY_MEMORY_BYTES, VOLUMES, Decisions
from hosted_engine.ha import site_files
from hosted_engine.ha.profiles import CHANGE_GRACE_S, Profile
from hosted_engine.ha.site_files import HaEngine, HaNode, HaSite
from hosted_engine.site import EngineVm, Site, SiteNode, SiteTemplate, SiteVolume
from node.api.messages.gluster import VolumeRequest
from node.api.messages.ha import EngineVmConfig, EngineVmEdit
from node.api.messages.images import ImageFormat, ImageReport
from node.api.messages.leases import LeaseRequest, LeaseTimersRequest, LockspaceRequest
from node.api.messages.mounts import HOSTED_ENGINE, MountRequest, MountSpec
from node.api.messages.vms import Firmware, VmDisk, VmLease, VmNic, VmSpec

MIB = 1 << 20
COMMON = {  # what GlusterFS's group `virt` sets and a volume without copies takes, too
    "performance.quick-read": "off",
    "performance.read-ahead": "off",
    "performance.io-cache": "off",
    "performance.low-prio-threads": "32",
    "network.remote-dio": "disable",
    "performance.strict-o-direct": "on",
    "user.cifs": "off",
    "client.event-threads": "4",
    "server.event-threads": "4",
    "performance.client-io-threads": "on",
}
REPLICATED = {  # named although `virt` sets most of them: a deploy mends only what it names
    "cluster.eager-lock": "enable",
    "cluster.quorum-type": "auto",  # a client writes while it has more than half of the copies, and not else
    # Not `virt`'s `server`: a glusterd without its peers would stop its bricks and start them on other ports when they
    # are back; clients that were told the old ones in between never ask again (gluster/README.md, with figures).
    "cluster.server-quorum-type": "none",
    "cluster.data-self-heal-algorithm": "full",
    "cluster.locking-scheme": "granular",
    "cluster.shd-max-threads": "8",
    "cluster.shd-wait-qlength": "10000",
    "cluster.choose-local": "off",
    "cluster.lookup-optimize": "off",
    "cluster.heal-timeout": "10",
    "features.shard": "on",
}


def names(answers: Answers, added: Iterable[HaNode] = ()) -> dict[str, str]:
    """Every machine of the site by name. `added`: nodes that the engine has taken in."""
    nodes = {node.name: str(node.address.ip) for node in answers.nodes} | {node.name: node.address for node in added}
    return nodes | {answers.engine.name: str(answers.engine.address.ip)}


def volume(answers: Answers, name: str, further: Sequence[str] = ()) -> VolumeRequest:
    """A volume with a copy on every node; `further` nodes may use it. A node that is gone may block writes for less
    time than a lease can be unrenewed: writers wait for its bricks, and then, from their own question on, for the locks
    that it held."""
    paths = [(node.name, node.bricks.engine if name == "engine" else node.bricks.data) for node in answers.nodes]
    copies = len(answers.nodes)
    tls = gluster.tls.options([*(node.name for node in answers.nodes), *further])
    return VolumeRequest(
        name=name,
        replica=copies,
        bricks=tuple(f"{server}:{path}" for server, path in paths),
        group="virt" if copies > 1 else None,
        options=COMMON | tls | timeouts(answers.timers) | (REPLICATED if copies > 1 else {}),
    )


def timeouts(profile: Profile) -> dict[str, str]:
    """When a volume gives up a server or client that is gone. A client's ping alone may take twice its time: it is sent
    only when the time has passed once."""
    gone_s = int(profile.ping_timeout_s)
    return {
        "network.ping-timeout": str(gone_s),
        "client.tcp-user-timeout": str(gone_s),
        "server.tcp-user-timeout": str(gone_s),
        "server.keepalive-time": str(gone_s // 2),
        "server.keepalive-interval": "1",
        "server.keepalive-count": "5",
    }


def mount(answers: Answers, decisions: Decisions, node: str, name: str) -> MountRequest:
    """The node's own server first, so that it needs no other to mount."""
    first, *others = sorted((one.name for one in answers.nodes), key=lambda server: server != node)
    spec = MountSpec(kind="glusterfs", source=f"{first}:/{name}", options=gluster.mount.backup_options(others))
    return MountRequest(storage_domain=decisions.volume_ids[name], spec=spec, hosted_engine=name == HOSTED_ENGINE)


def lockspace(answers: Answers, decisions: Decisions, node: str) -> LockspaceRequest:
    return LockspaceRequest(
        name=LOCKSPACE,
        storage_domain=decisions.volume_ids[HOSTED_ENGINE],
        host_id=host_id(answers, node),
        io_timeout_s=int(answers.timers.io_timeout_s),
    )


def lease_timers(answers: Answers) -> LeaseTimersRequest:
    """What sanlock counts with on every node."""
    profile = answers.timers
    return LeaseTimersRequest(
        watchdog_fire_timeout_s=int(profile.watchdog_fire_timeout_s),
        io_timeouts_s={LOCKSPACE: int(profile.io_timeout_s)},
    )


def host_id(answers: Answers, node: str) -> int:
    """The number of a node in lockspaces: its place among the answers, from 1."""
    return 1 + [one.name for one in answers.nodes].index(node)


def lease(decisions: Decisions) -> LeaseRequest:
    return LeaseRequest(lockspace=LOCKSPACE, resource=LEASE, storage_domain=decisions.volume_ids[HOSTED_ENGINE])


def lease_wait_s(answers: Answers) -> int:
    """How long to wait for a lease whose holder has died: eight times-out and a watchdog, with some to spare."""
    return max(180, 120 + int(answers.timers.renewal_fail_s))


def engine_vm(answers: Answers, decisions: Decisions, edited: EngineVmConfig | None = None) -> VmSpec:
    """`edited`: what lies on the volume, where the API changed it: then memory and processors are as they are there."""
    spec = _engine_vm(answers, decisions)
    if edited is None:
        return spec
    fields = {name: getattr(spec, name) for name in VmSpec.__struct_fields__}
    kept = {name: getattr(edited, name) for name in EngineVmEdit.__struct_fields__}
    return EngineVmConfig(**{**fields, **kept})


def _engine_vm(answers: Answers, decisions: Decisions) -> VmSpec:
    engine = answers.engine
    return VmSpec(
        id=decisions.engine_vm_id,
        name=ENGINE_VM,
        memory_bytes=engine.memory_mib * MIB,
        sockets=engine.vcpus,
        firmware=Firmware.BIOS,
        disks=(
            VmDisk(image=decisions.system, format=ImageFormat.QCOW2, boot=True),
            VmDisk(image=decisions.seed, format=ImageFormat.RAW, read_only=True),
        ),
        nics=(VmNic(id=decisions.engine_nic_id, mac=decisions.engine_mac, bridge=answers.management_network),),
        leases=(VmLease(lockspace=LOCKSPACE, resource=LEASE, storage_domain=decisions.volume_ids[HOSTED_ENGINE]),),
        watchdog=True,
    )


def ha_files(
    answers: Answers,
    decisions: Decisions,
    authority: str,
    edited: EngineVmConfig | None = None,
    *,
    added: Iterable[HaNode] = (),
    changing_timers: bool = False,
) -> dict[str, str]:
    """What any node needs to keep the engine alive, as texts by file name. `edited`: see `engine_vm`, `added`: see
    `names`."""
    engine = answers.engine
    nodes = tuple(
        HaNode(name=node.name, address=str(node.address.ip), host_id=host_id(answers, node.name))
        for node in answers.nodes
    )
    site = HaSite(
        name=answers.site,
        nodes=(*nodes, *added),
        engine=HaEngine(name=engine.name, address=str(engine.address.ip)),
        authority=authority,
        lockspace=LOCKSPACE,
        lease=LEASE,
        io_timeout_s=int(answers.timers.io_timeout_s),
        profile=answers.profile,
        lease_grace_s=CHANGE_GRACE_S if changing_timers else 0,
        bridge=answers.management_network,
        gateway=str(answers.gateway) if answers.gateway else None,
        dns=tuple(str(server) for server in answers.dns),
    )
    return site_files.format_files(site, engine_vm(answers, decisions, edited))


def site(
    answers: Answers,
    decisions: Decisions,
    node_ids: Mapping[str, str],
    tiny: ImageReport,
    *,
    recovery_code: str = "",
) -> Site:
    """What the engine is told. `node_ids` are the ids that the nodes gave themselves, by name."""
    engine = answers.engine
    return Site(
        name=answers.site,
        data_center="Default",
        cluster="Default",
        management_network=answers.management_network,
        engine=EngineVm(
            id=decisions.engine_vm_id,
            name=ENGINE_VM,
            address=str(engine.address),
            gateway=str(answers.gateway) if answers.gateway else None,
            dns=tuple(str(server) for server in answers.dns),
            memory_bytes=engine.memory_mib * MIB,
            vcpus=engine.vcpus,
        ),
        nodes=tuple(
            SiteNode(
                id=node_ids[node.name],
                name=node.name,
                address=str(node.address.ip),
                host_id=host_id(answers, node.name),
            )
            for node in answers.nodes
        ),
        volumes=tuple(_site_volume(answers, decisions, name) for name in VOLUMES),
        templates=(
            SiteTemplate(
                id=decisions.template_id,
                name="tiny",
                image=decisions.tiny,
                format=tiny.format,
                virtual_size_bytes=tiny.virtual_size_bytes,
                memory_bytes=TINY_MEMORY_BYTES,
            ),
        ),
        names=names(answers),
        admin_user=answers.admin_user,
        admin_password_hash=decisions.password_hash,
        recovery_code=recovery_code,
    )


def system_files(answers: Answers) -> dict[str, str]:
    """Name, addresses and network of the engine VM as files of its system, by path without the leading slash."""
    hosts = "".join(f"{address} {name}\n" for name, address in names(answers).items())
    gateway = f"Gateway={answers.gateway}\n" if answers.gateway else ""
    files = {
        "etc/hostname": f"{answers.engine.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n{hosts}",
        "etc/systemd/network/10-management.network": (
            f"[Match]\nName=en* eth*\n\n[Network]\nAddress={answers.engine.address}\n{gateway}"
            "DHCP=no\nIPv6AcceptRA=no\nLLMNR=no\n"
        ),
    }
    if answers.dns:
        files["etc/resolv.conf"] = "".join(f"nameserver {server}\n" for server in answers.dns)
    return files


def _site_volume(answers: Answers, decisions: Decisions, name: str) -> SiteVolume:
    desired = volume(answers, name)
    return SiteVolume(id=decisions.volume_ids[name], name=name, replica=desired.replica, bricks=desired.bricks)
