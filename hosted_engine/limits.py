"""How much one request may hold, all of it in this place. What is beyond is refused by name, and nothing is done.

Lengths of texts are oVirt's where it has one (its validation of entities, ovirt-engine 4.5), in characters.
"""

from collections.abc import Mapping

BODY_BYTES = 1 << 20
FORM_BYTES = 16 << 10  # of a sign-on
ELEMENTS = 20_000  # elements of an XML document, objects and lists of a JSON document
DEPTH = 32  # of elements within elements; the API's deepest documents have eight
LIST_ITEMS = 1000

URL_BYTES = 8 << 10  # path and query
HEADER_BYTES = 8 << 10  # one header's value
PARAMETERS = 64  # of a query, or of a path segment

SEARCH_CHARACTERS = 4096
SEARCH_TERMS = 64  # conditions and bare words
SEARCH_RELATIONS = 3  # from one object to another, in one of these conditions
FOLLOW_PATHS = 32
FOLLOW_STEPS = 8  # links in one of these paths
FOLLOWED_OBJECTS = 10_000  # that all links of a request together may bring
EVENTS = 10_000  # in one answer; the rest comes with `from`

SESSIONS = 1000  # of one user at a time; the one that was used least lately makes room
SESSIONS_IN_ALL = 10_000  # the user who has most makes room

TEXT = 4000  # every text that has no limit of its own
_NAME = 255

# Type.attribute, as the API's description names them; "name", "id" alone hold for every type
TEXTS: Mapping[str, int] = {
    "id": _NAME,
    "name": _NAME,
    "Bookmark.name": 40,
    "Bookmark.value": 300,
    "Cluster.name": 40,
    "DataCenter.name": 40,
    "Disk.alias": _NAME,
    "Disk.description": 500,
    "Host.address": _NAME,
    "Mac.address": 17,
    "Network.name": 256,
    "Nic.name": 50,
    "OperatingSystem.type": _NAME,
    "Quota.description": 250,
    "Quota.name": 65,
    "Role.name": 126,
    "SshPublicKey.content": 8192,
    "StorageDomain.name": 250,
    "Tag.name": 50,
    "Template.description": _NAME,
    "TimeZone.name": 40,
    "Vm.description": _NAME,
    "VnicProfile.name": 256,
    # Whole files: as long as a document can be.
    "Configuration.data": BODY_BYTES,
    "Certificate.content": 64 << 10,
    "File.content": 64 << 10,
    "GlusterHook.content": 64 << 10,
    "Icon.data": 64 << 10,
    "Initialization.custom_script": 256 << 10,
    "Initialization.authorized_ssh_keys": 64 << 10,
}
USER_NAME = _NAME
PASSWORD = 1024
SCOPE = 255


def text_limit(type_name: str, attribute: str) -> int:
    """How many characters the attribute of that type may have."""
    return TEXTS.get(f"{type_name}.{attribute}", TEXTS.get(attribute, TEXT))
