"""The tables, a column for each field of the model that it holds; what has to be unique is unique here as well."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[Any]:
    return Column("id", Text, primary_key=True)


def _text(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, Text, nullable=False) for name in names)


def _optional(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, Text) for name in names)


def _whole(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, BigInteger, nullable=False) for name in names)


def _optional_whole(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, BigInteger) for name in names)


def _flag(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, Boolean, nullable=False) for name in names)


def _time(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, Double, nullable=False) for name in names)


def _optional_time(*names: str) -> tuple[Column[Any], ...]:
    return tuple(Column(name, Double) for name in names)


def _of(name: str, target: str, *, optional: bool = False) -> Column[Any]:
    return Column(name, Text, ForeignKey(f"{target}.id"), nullable=optional, index=True)


_NAMED = ("name", "description", "comment")


def _hardware() -> tuple[Column[Any], ...]:
    """VMs have it, and templates hand it on to them."""
    return (
        *_whole("memory_bytes", "memory_guaranteed_bytes", "memory_max_bytes", "sockets", "cores", "threads"),
        *_text("type", "os_type", "bios_type", "boot_devices", "origin", "time_zone"),
        *_flag("delete_protected", "stateless", "high_availability"),
        *_whole("high_availability_priority"),
    )


data_centers = Table(
    "data_centers", metadata, _id(), *_text(*_NAMED, "status"), *_flag("local"), UniqueConstraint("name")
)

networks = Table(
    "networks",
    metadata,
    _id(),
    *_text(*_NAMED, "bridge", "status", "usages"),
    _of("data_center_id", "data_centers"),
    *_optional_whole("vlan"),
    *_whole("mtu"),
    *_flag("stp", "port_isolation", "required"),
    UniqueConstraint("data_center_id", "name"),
)

vnic_profiles = Table(
    "vnic_profiles",
    metadata,
    _id(),
    *_text(*_NAMED),
    _of("network_id", "networks"),
    *_flag("port_mirroring"),
    UniqueConstraint("network_id", "name"),
)

clusters = Table(
    "clusters",
    metadata,
    _id(),
    *_text(*_NAMED, "cpu_architecture", "cpu_type"),
    _of("data_center_id", "data_centers"),
    _of("management_network_id", "networks"),
    *_flag("gluster_service", "virt_service"),
    UniqueConstraint("name"),
)

nodes = Table(
    "nodes",
    metadata,
    _id(),
    *_text("name", "comment", "address", "status", "detail", "boot_id"),
    *_optional("capabilities"),
    _of("cluster_id", "clusters"),
    *_whole("host_id", "port"),
    *_time("seen_at"),
    UniqueConstraint("name"),
    UniqueConstraint("host_id"),
    UniqueConstraint("address", "port"),
)

seen_links = Table(
    "seen_links", metadata, Column("id", Text, ForeignKey("nodes.id"), primary_key=True), *_text("links")
)

seen_storage = Table("seen_storage", metadata, _id(), *_text("problems"))

storage_domains = Table(
    "storage_domains",
    metadata,
    _id(),
    *_text(*_NAMED, "volume", "servers", "type", "storage_type", "status"),
    _of("data_center_id", "data_centers"),
    *_whole("replica"),
    *_optional_whole("size_bytes", "free_bytes"),
    *_flag("master", "hosted_engine"),
    UniqueConstraint("name"),
    UniqueConstraint("volume"),
)

disks = Table(
    "disks",
    metadata,
    _id(),
    *_text("name", "description", "image_id", "format", "status", "content_type"),
    _of("storage_domain_id", "storage_domains"),
    _of("template_disk_id", "disks", optional=True),
    *_whole("provisioned_size_bytes", "actual_size_bytes"),
    *_flag("sparse", "shareable", "wipe_after_delete", "propagate_errors"),
    *_time("created_at"),
)

templates = Table(
    "templates",
    metadata,
    _id(),
    *_text(*_NAMED, "status", "version_name", "base_template_id"),
    *_hardware(),
    _of("cluster_id", "clusters", optional=True),
    *_whole("version_number"),
    *_time("created_at"),
    UniqueConstraint("name", "version_number"),
)

vms = Table(
    "vms",
    metadata,
    _id(),
    *_text(*_NAMED, "status", "detail", "stop_reason"),
    *_hardware(),
    _of("cluster_id", "clusters"),
    _of("template_id", "templates"),
    _of("node_id", "nodes", optional=True),
    *_time("created_at", "reported_at"),
    *_optional_time("started_at", "stopped_at"),
    UniqueConstraint("name"),
    Index(None, "status"),
)

disk_attachments = Table(
    "disk_attachments",
    metadata,
    _id(),
    Column("owner_id", Text, nullable=False, index=True),  # a VM or a template
    _of("disk_id", "disks"),
    *_text("interface", "logical_name"),
    *_flag("bootable", "active", "read_only"),
    UniqueConstraint("owner_id", "disk_id"),
)

nics = Table(
    "nics",
    metadata,
    _id(),
    Column("owner_id", Text, nullable=False, index=True),  # a VM or a template
    *_text(*_NAMED, "mac", "interface"),
    _of("vnic_profile_id", "vnic_profiles", optional=True),
    *_flag("linked", "plugged"),
    UniqueConstraint("owner_id", "name"),
    Index(None, "mac"),
)

users = Table(
    "users",
    metadata,
    _id(),
    *_text("name", "domain", "password_hash", "first_name", "last_name", "email"),
    *_flag("administrator"),
    UniqueConstraint("name"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    _of("user_id", "users"),
    *_text("scope"),
    *_time("created_at", "last_used_at", "expires_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *_text("name", "severity", "description", "correlation_id"),
    *_whole("code"),
    *_time("at"),
    *_optional(
        "job_id",
        "user_id",
        "data_center_id",
        "cluster_id",
        "node_id",
        "storage_domain_id",
        "disk_id",
        "template_id",
        "vm_id",
    ),
    Index(None, "code"),
    Index(None, "correlation_id"),
    sqlite_autoincrement=True,
)  # what an event is about may be gone: no foreign keys

jobs = Table(
    "jobs",
    metadata,
    _id(),
    *_text("action", "description", "correlation_id", "status"),
    *_optional("owner_id"),
    *_time("started_at", "last_updated_at"),
    *_optional_time("ended_at"),
    *_flag("external", "auto_cleared"),
    Index(None, "correlation_id"),
)

job_steps = Table(
    "job_steps",
    metadata,
    _id(),
    _of("job_id", "jobs"),
    *_text("description", "key", "type", "status"),
    *_optional("parent_step_id"),
    *_whole("number"),
    *_time("started_at"),
    *_optional_time("ended_at"),
    *_optional_whole("progress"),
    *_flag("external"),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    *_text("command", "inputs", "correlation_id", "status", "error"),
    _of("job_id", "jobs"),
    *_optional("user_id"),
    *_time("created_at"),
    *_optional_time("ended_at"),
    Index(None, "status"),
)

journal_lines = Table(
    "journal_lines",
    metadata,
    _id(),
    _of("task_id", "tasks"),
    *_whole("number"),
    *_text("mark", "key", "detail"),
)
