"""Which names machines, interfaces and users of a site may have. Pure."""

import re

from hosted_engine.deploy.rules.addresses import is_address, why_not_certificate_address

MAX_HOST_NAME = 253  # RFC 1123 and 1035
MAX_OWN_NAME = 64  # the kernel's limit for the name of a machine, and that of a certificate's common name
MAX_INTERFACE_NAME = 15  # IFNAMSIZ without the closing zero
MAX_USER = 64
MAX_EXTRA_NAMES = 32  # a certificate goes over the wire in every handshake

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_BRIDGE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_GUEST_LINK = re.compile(r"(vnet|tap|macvtap|veth)[0-9]+")
_TAP = re.compile(r"(vnet|tap|macvtap)[0-9]+")
_LIBVIRTS = re.compile(r"virbr[0-9]+")
_GIVEN = {re.compile(r"bond[0-9]+"): "bonds are given", _LIBVIRTS: "libvirt gives its own bridges"}

_OF_EVERY_MACHINE = frozenset(
    ["localhost", "localdomain", "broadcasthost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback"]
    + [f"ip6-{what}" for what in ("localnet", "mcastprefix", "allnodes", "allrouters", "allhosts")]
)
_SUFFIXES_OF_EVERY_MACHINE = (".localhost", ".localdomain", ".localdomain4", ".localdomain6")
_NEVER_FOUND = frozenset(("invalid", "onion", "arpa"))
_OF_THE_KERNEL = frozenset(("all", "default", "bonding_masters"))  # folders and files beside the interfaces' own


def why_not_site_name(text: str) -> str | None:
    return None if _SITE.fullmatch(text) else "has to be 1 to 40 letters, digits, _ . -, the first a letter or digit"


def why_not_node_name(text: str) -> str | None:
    """The rule for the short name of a node: one label of a host name."""
    if "." in text and _why_not_labels(text) is None:
        return "holds a dot: a node has a short name such as node1"
    return _why_not_own_name(text)


def why_not_engine_name(text: str) -> str | None:
    """The rule for the name under which the engine is reached, and which its VM has."""
    return _why_not_own_name(text)


def why_not_certificate_name(text: str) -> str | None:
    """The rule for a further name or address of the engine; `localhost` and loopback may be, for a tunnel's end."""
    if is_address(text):
        return why_not_certificate_address(text)
    return _why_not_length(text, MAX_HOST_NAME) or _why_not_labels(text)


def why_not_certificate_names(texts: list[str]) -> str | None:
    if len(texts) > MAX_EXTRA_NAMES:
        return f"has {len(texts)} names, and a certificate is to have no more than {MAX_EXTRA_NAMES}"
    return None


def why_not_interface_name(text: str) -> str | None:
    """The rule of the kernel and of NetworkManager, which reads the names as text."""
    if not text:
        return "is empty"
    if len(text.encode()) > MAX_INTERFACE_NAME:
        return f"is longer than the {MAX_INTERFACE_NAME} characters that an interface's name may have"
    if text in (".", ".."):
        return "is the name of a folder and of no interface"
    if any(not " " < char < "\x7f" or char in "/:%" for char in text):
        return "holds what an interface's name may not: blanks, / : % or other than ASCII characters"
    if text in _OF_THE_KERNEL:
        return "is a name that the kernel keeps for itself"
    return None


def why_not_nic(text: str) -> str | None:
    """The rule for the network card that becomes the port of the management bridge."""
    if text == "lo":
        return "is the loopback interface and no network card"
    if _TAP.fullmatch(text):
        return "is a name that VMs' interfaces are given, and no network card"
    if _LIBVIRTS.fullmatch(text):
        return "is a bridge of libvirt's and no network card"
    if text.startswith("-"):
        return "begins with -, as an option of a command does"
    return why_not_interface_name(text)


def why_not_bridge(text: str) -> str | None:
    """The rule for the management bridge, which is the name of the management network too."""
    if text == "lo":
        return "is the name of the loopback interface"
    if (reason := why_not_interface_name(text)) is not None:
        return reason
    if not _BRIDGE.fullmatch(text):
        return "has to be letters, digits, _ and -, and cannot begin with -"
    if _GUEST_LINK.fullmatch(text):
        return "is a name that VMs' interfaces are given"
    return next((f"is a name that {whom}" for name, whom in _GIVEN.items() if name.fullmatch(text)), None)


def why_not_user(text: str) -> str | None:
    """The rule for the first administrator: user@profile. A colon would end the user's name when it signs in."""
    user, at, profile = text.partition("@")
    if len(text) > MAX_USER:
        return f"is longer than {MAX_USER} characters"
    if at and _USER.fullmatch(user) and _PROFILE.fullmatch(profile):
        return None
    return "has to be user@profile, such as admin@internal, of letters, digits and . _ + -"


def why_not_fingerprint(text: str) -> str | None:
    return None if re.fullmatch(r"[0-9a-f]{64}", text) else "has to be 64 hexadecimal digits in lower case"


def _why_not_own_name(text: str) -> str | None:
    if (reason := _why_not_length(text, MAX_OWN_NAME) or _why_not_labels(text)) is not None:
        return reason
    if text in _OF_EVERY_MACHINE or text.endswith(_SUFFIXES_OF_EVERY_MACHINE):
        return "is a name by which every machine knows itself"
    last = text.rpartition(".")[2]
    return f"ends with .{last}, under which no machine is found (RFC 6761)" if last in _NEVER_FOUND else None


def _why_not_length(text: str, limit: int) -> str | None:
    if not text:
        return "is empty"
    return f"is longer than {limit} characters" if len(text) > limit else None


def _why_not_labels(text: str) -> str | None:
    """RFC 1123, and no name that some program would take for an address: its last label is no number."""
    if is_address(text):
        return "is an address and no name"
    if text != text.lower():
        return "has capital letters: write it in lower case"
    labels = text.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return "is no host name: between its dots stand 1 to 63 letters, digits and hyphens, no hyphen first or last"
    if _NUMBER.fullmatch(labels[-1]):
        return f"ends with the number {labels[-1]} and would be taken for an address"
    return None
