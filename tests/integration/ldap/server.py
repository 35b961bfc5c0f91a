"""A slapd of our own, with people and groups; over LDAPS and StartTLS, nothing plain."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.ldap.certificates import make_certificates

SLAPD = Path("/usr/sbin/slapd")
BASE, BIND_DN, BIND_PASSWORD = "dc=corp,dc=example", "cn=engine,dc=corp,dc=example", "bind-secret-7"
ADMIN_DN, ADMIN_PASSWORD = "cn=admin,dc=corp,dc=example", "admin-secret-7"

_CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
security tls=1
sizelimit 500
database mdb
suffix {base}
rootdn {admin}
rootpw {admin_password}
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{bind}" read by * none
"""

_ENTRIES = """
dn: dc=corp,dc=example
objectClass: dcObject
objectClass: organization
o: Corp
dc: corp

dn: cn=engine,dc=corp,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: engine
userPassword: bind-secret-7

dn: ou=people,dc=corp,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=corp,dc=example
objectClass: organizationalUnit
ou: groups
"""


@dataclass(frozen=True, slots=True)
class Slapd:
    folder: Path
    address: str
    ldaps_port: int
    starttls_port: int
    inside: tuple[str, ...] = ()

    @property
    def authority_pem(self) -> str:
        return (self.folder / "ca.pem").read_text()

    def change(self, ldif: str) -> None:
        """As the directory's administrator."""
        argv = (*self.inside, "ldapmodify", "-x", "-ZZ", "-H", f"ldap://{self.address}:{self.starttls_port}")
        subprocess.run(
            (*argv, "-D", ADMIN_DN, "-w", ADMIN_PASSWORD),
            input=ldif,
            text=True,
            check=True,
            capture_output=True,
            env={**os.environ, "LDAPTLS_CACERT": str(self.folder / "ca.pem"), "LDAPTLS_REQCERT": "demand"},
        )

    def add_user(self, name: str, password: str, *, first_name: str = "", last_name: str = "", email: str = "") -> str:
        """Its DN."""
        dn = f"uid={name},ou=people,{BASE}"
        lines = [f"dn: {dn}", "changetype: add", "objectClass: inetOrgPerson", f"uid: {name}", f"cn: {name}"]
        lines += [f"sn: {last_name or name}", f"userPassword: {password}"]
        lines += [f"givenName: {first_name}"] * bool(first_name) + [f"mail: {email}"] * bool(email)
        self.change("\n".join(lines) + "\n")
        return dn

    def add_group(self, name: str, *members: str) -> str:
        dn = f"cn={name},ou=groups,{BASE}"
        lines = [f"dn: {dn}", "changetype: add", "objectClass: groupOfNames", f"cn: {name}"]
        self.change("\n".join([*lines, *(f"member: {member}" for member in members)]) + "\n")
        return dn


@contextmanager
def slapd(
    folder: Path, address: str, *, ports: tuple[int, int] = (10636, 10389), inside: tuple[str, ...] = ()
) -> Iterator[Slapd]:
    """Until the block ends. `address` is in its certificate. `inside` runs a command where that address is."""
    assert SLAPD.exists(), "slapd is not installed: ./trivet test installs it"
    if not (folder / "data").exists():
        _prepare(folder, address)
    urls = f"ldaps://{address}:{ports[0]} ldap://{address}:{ports[1]}"
    process = subprocess.Popen(
        (*inside, str(SLAPD), "-d", "0", "-f", str(folder / "slapd.conf"), "-h", urls),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Slapd(folder, address, *ports, inside)
    try:
        _wait_until_it_answers(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(20)


def _prepare(folder: Path, address: str) -> None:
    (folder / "data").mkdir(parents=True)
    make_certificates(folder, address)
    configuration = _CONFIGURATION.format(
        folder=folder, base=BASE, admin=ADMIN_DN, admin_password=ADMIN_PASSWORD, bind=BIND_DN
    )
    (folder / "slapd.conf").write_text(configuration)
    slapadd = shutil.which("slapadd", path="/usr/sbin")
    assert slapadd is not None
    subprocess.run((slapadd, "-f", str(folder / "slapd.conf")), input=_ENTRIES, text=True, check=True)


def _wait_until_it_answers(server: Slapd, process: "subprocess.Popen[bytes]") -> None:
    environment = {**os.environ, "LDAPTLS_CACERT": str(server.folder / "ca.pem")}
    argv = (*server.inside, "ldapwhoami", "-x", "-ZZ", "-H", f"ldap://{server.address}:{server.starttls_port}")
    until = time.monotonic() + 20
    while True:
        if subprocess.run(argv, env=environment, capture_output=True).returncode == 0:
            return
        assert process.poll() is None, "slapd ended by itself"
        assert time.monotonic() < until, "slapd does not answer"
        time.sleep(0.1)
