"""What the kernel alone cannot do, said before anything is changed; pure."""

from collections.abc import Iterator

from netconf.errors import Finding, NotByKernel
from netconf.kernel.state import MADE, KernelState
from netconf.model import Interface, IpConfig, LinkState, NetworkState, WaitIp
from netconf.options import IP, Pairs
from netconf.planning.completion import VIRTUAL

# What is so anyway, as far as it means anything here.
SO_ANYWAY: Pairs = tuple((option.name, option.default) for option in IP if option.default is not None)
GENERATED = {"0": "eui64", "2": "stable-privacy", "3": "stable-privacy"}  # addr_gen_mode → our word


def check(desired: NetworkState, now: KernelState, resolver_is_ours: str | None) -> None:
    """`desired` is complete, `resolver_is_ours` a reason why resolv.conf is not. Raises NotByKernel with all
    findings."""
    findings = [found for interface in desired.interfaces for found in _interface(interface)]
    findings += [found for interface in desired.interfaces for found in _kind(interface, now)]
    if desired.dns is not None and resolver_is_ours is not None:
        findings.append(Finding("dns-resolver.config", resolver_is_ours))
    if findings:
        raise NotByKernel(findings="; ".join(map(str, findings)))


def _interface(desired: Interface) -> Iterator[Finding]:
    if desired.state is not LinkState.UP:
        return
    place = f"interfaces.{desired.name}"
    if desired.lldp:
        yield Finding(f"{place}.lldp.enabled", "nothing here speaks LLDP; say false or leave it out")
    if desired.wait_ip not in (None, WaitIp.ANY):
        yield Finding(f"{place}.wait-ip", "nothing here waits for addresses; say any or leave it out")
    for family, ip in (("ipv4", desired.ipv4), ("ipv6", desired.ipv6)):
        yield from _ip(f"{place}.{family}", ip)


def _ip(place: str, ip: IpConfig | None) -> Iterator[Finding]:
    if ip is None or not ip.enabled:
        return
    if ip.dhcp:
        yield Finding(
            f"{place}.dhcp", "the kernel has no DHCP client; give the address, or let one of its own bring it"
        )
    for name, value in ip.options:
        if value != "" and (name, value) not in (*SO_ANYWAY, ("addr-gen-mode", "eui64")):
            yield Finding(f"{place}.{name}", f"{value} is something that only NetworkManager does; leave it out")


def _kind(desired: Interface, now: KernelState) -> Iterator[Finding]:
    """What goes by the name of a kind and is another one to the kernel."""
    observed = now.link(desired.name)
    if observed is not None and desired.type in VIRTUAL and observed.kind not in MADE:
        yield Finding(f"interfaces.{desired.name}.type", f"the kernel has it as a {observed.kind or 'NIC'}")
