"""What is the same of all VMs and templates, and shown because clients look for it."""

HARDWARE = {
    "bios.boot_menu.enabled": False,
    "cpu.architecture": "x86_64",
    "cpu_shares": 0,
    "io.threads": 0,
    "memory_policy.ballooning": False,
    "migration.auto_converge": "inherit",
    "migration.compressed": "inherit",
    "multi_queues_enabled": True,
    "start_paused": False,
    "usb.enabled": False,
    "virtio_scsi.enabled": True,
}
