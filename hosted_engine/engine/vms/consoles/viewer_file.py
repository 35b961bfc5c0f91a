"""The file that remote-viewer opens the screen of a VM with (virt-viewer's remote-viewer.1, CONNECTION FILE); pure."""

from hosted_engine.engine.vms.consoles.tickets import Opened

MEDIA_TYPE = "application/x-virt-viewer"
VALID_S = 120  # as long as oVirt gives whoever has the file to open it


def viewer_file(opened: Opened, authority_pem: str) -> str:
    """Names of VMs hold no line breaks, and of characters with a meaning here neither (`name_rule`)."""
    lines = (
        "[virt-viewer]",
        "type=vnc",
        f"host={opened.vm.display_address}",
        f"port={opened.vm.display_port}",
        f"password={opened.value}",
        f"# The password is valid for {opened.expiry_s} seconds.",
        "delete-this-file=1",
        f"title={opened.vm.name}:%d",
        "fullscreen=0",
        "toggle-fullscreen=shift+f11",
        "release-cursor=shift+f12",
        "secure-attention=ctrl+alt+end",
        f"host-subject=O=node,CN={opened.node.hostname}",
        f"ca={_one_line(authority_pem)}",
    )
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n")
