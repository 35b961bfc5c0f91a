"""Which passwords, keys and clocks a machine is given. Pure."""

import base64
import binascii
import re
from ipaddress import ip_address

from hosted_engine.deploy.rules.addresses import is_address, why_not_host
from hosted_engine.deploy.rules.names import why_not_certificate_name

LEAST_PASSWORD = 8
MAX_PASSWORD_BYTES = 511  # crypt(3): CRYPT_MAX_PASSPHRASE_SIZE is 512, with the closing zero
MAX_SSH_KEYS = 64
MAX_NTP = 8
HASHES = {  # crypt(5)
    "yescrypt": r"\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{,86}\$[./A-Za-z0-9]{43}",
    "scrypt": r"\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}",
    "bcrypt": r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}",
    "sha512crypt": r"\$6\$(rounds=[1-9][0-9]+\$)?[^$:\s!*]{1,16}\$[./A-Za-z0-9]{86}",
    "sha256crypt": r"\$5\$(rounds=[1-9][0-9]+\$)?[^$:\s!*]{1,16}\$[./A-Za-z0-9]{43}",
}
KEY_TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)

_HOW = "make one with: mkpasswd -m yescrypt"
_HASH = re.compile("|".join(HASHES.values()))
_OPTIONS = r'(?:(?:[^\s"]|"(?:[^"\\]|\\.)*")+[ \t]+)?'  # sshd(8): no blanks in them, but within quotes
_KEY = re.compile(rf"{_OPTIONS}({'|'.join(map(re.escape, KEY_TYPES))})[ \t]+([A-Za-z0-9+/]+=*)(?:[ \t]+.*)?")


def why_not_password(text: str) -> str | None:
    """The rule for root's password in clear. The sentence never shows it."""
    if len(text) < LEAST_PASSWORD:
        return f"has to have {LEAST_PASSWORD} characters or more"
    if len(text.encode(errors="surrogatepass")) > MAX_PASSWORD_BYTES:
        return f"is longer than {MAX_PASSWORD_BYTES} bytes"
    return None if text.isprintable() else "holds ends of line or other control characters, which nobody can type"


def why_not_password_hash(text: str) -> str | None:
    """The rule for root's password as crypt(5) has it. The sentence never shows it."""
    if _HASH.fullmatch(text):
        return None
    if text.startswith(("!", "*")):
        return "is a locked one: leave it out, and nobody signs in by password"
    if text.startswith("$1$") or re.fullmatch(r"[./A-Za-z0-9]{13}", text):
        return f"is of a kind (MD5 or DES) that is guessed in no time: {_HOW}"
    if text.startswith(("$y$", "$7$", "$2", "$6$", "$5$")):
        return f"is no whole hash, something of it is missing or changed: {_HOW}"
    return f"is no hash as crypt(5) has it ({', '.join(HASHES)}): {_HOW}"


def why_not_ssh_key(text: str) -> str | None:
    """The rule for a line of authorized_keys (sshd(8)). The sentence never shows it: it may be the wrong key."""
    if "PRIVATE KEY" in text:
        return "is a private key: give the public one, out of the file that ends in .pub"
    if "\n" in text or "\r" in text:
        return "holds an end of line: give each key as an entry of its own"
    if re.search(r"(^|\s)ssh-dss\s", text):
        return "is a DSA key, which sshd takes no more: make one with ssh-keygen -t ed25519"
    found = _KEY.fullmatch(text.strip()) if text.isprintable() else None
    if found is None:
        return "is no public SSH key: it begins like ssh-ed25519 AAAA…"
    return None if _type_within(found[2]) == found[1] else "is cut off or changed: what follows its type is no such key"


def why_not_ntp(text: str) -> str | None:
    """The rule for a time server: a name, or an address of either family."""
    if is_address(text):
        return "has a zone, and a time server has none" if "%" in text else why_not_host(ip_address(text))
    return why_not_certificate_name(text)


def why_not_ntp_servers(texts: list[str]) -> str | None:
    return f"has {len(texts)} servers, and {MAX_NTP} are enough" if len(texts) > MAX_NTP else None


def why_not_ssh_keys(texts: list[str]) -> str | None:
    return f"has {len(texts)} keys, and {MAX_SSH_KEYS} are enough" if len(texts) > MAX_SSH_KEYS else None


def _type_within(blob: str) -> str | None:
    """What a key in base64 says itself that it is (RFC 4253, 6.6)."""
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error:
        return None
    length = int.from_bytes(raw[:4], "big")
    return raw[4 : 4 + length].decode("ascii", "replace") if len(raw) > 4 + length else None
