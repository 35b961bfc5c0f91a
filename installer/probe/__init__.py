"""Collects what a machine is (`installer.sysinfo.SysInfo`), reading only.

`collect` wires it. Of disks: `disks` asks tools and children, each with a time limit, so that a disk that does not
answer is `unreadable` and delays nobody; `block_devices`, `signatures` and `gpt` read what they say and `contents`
turns it into words, all pure. `bytes_of_disks` and `inside_of_disk` are programs of their own, run as children: they
read what no tool says, and whoever waits for them can give up. `nics` and `machine` read sysfs, netlink and SMBIOS.
"""
