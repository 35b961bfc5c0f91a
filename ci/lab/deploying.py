"""Turns fresh nodes into an appliance as an administrator would: answers on the first node, then `trivet deploy`."""

import subprocess
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ci.lab.bricks import BRICKS
from ci.lab.machine import Machine
from ci.lab.names import ENGINE, ENGINE_ADDRESS, NODE_NIC, PREFIX_LENGTH, Lab
from hosted_engine.deploy.command import STORAGE_NOT_WHOLE
from hosted_engine.deploy.progress import is_passing
from node.api.problems import Failed

ANSWERS = "/etc/trivet/answers.toml"
UNIT = "trivet-deploy.service"
AGENT = "trivet-node.service"
CERTIFICATE = "/var/lib/trivet/node/cert.pem"
CLAIM_CODE = "/var/lib/trivet/node/claim"

Report = Callable[[str], None]


class DeployFailed(Failed):
    what = "The deploy did not get to its end"
    why = "{reason}"
    mend = "Mend the cause and run ./trivet lab up --name {lab} again: it goes on where it stopped"


class AgentDown(Failed):
    what = "The agent of {node} does not answer"
    why = "{reason}"
    mend = "Look at its log: ./trivet lab logs {node} trivet-node --name {lab}"


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the console of a node shows to the one who deploys."""

    name: str
    address: str
    fingerprint: str
    claim_code: str


def wait_agent(machine: Machine, timeout_s: float) -> None:
    """Wait until the node's agent listens and has made its identity."""
    until = time.monotonic() + timeout_s
    ready = f"systemctl is-active -q {AGENT} && test -s {CERTIFICATE} && ss -Hltn 'sport = :54321' | grep -q ."
    while machine.exec("sh", "-c", ready, check=False).returncode != 0:
        if time.monotonic() > until:
            log = machine.exec("journalctl", "-u", AGENT, "-n", "5", "-o", "cat", "--no-pager", check=False).stdout
            raise AgentDown(node=machine.node.name, reason=log.strip() or "no log", lab=machine.node.lab.name)
        time.sleep(0.3)


def is_unclaimed(machine: Machine) -> bool:
    """Whether it is in no site."""
    return machine.exec("test", "-e", CLAIM_CODE, check=False).returncode == 0


def introduce(machine: Machine) -> Introduction:
    """Ask the node for its fingerprint and, while nobody has claimed it, its claim code."""
    certificate = x509.load_pem_x509_certificate(machine.exec("cat", CERTIFICATE).stdout.encode())
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public)
    code = machine.exec("cat", CLAIM_CODE, check=False).stdout.strip()
    return Introduction(machine.node.name, machine.node.address, digest.finalize().hex(), code or "claimed")


def answers(lab: Lab, nodes: Sequence[Introduction]) -> str:
    """The answers file for these nodes, in TOML."""
    paths = {brick.volume: brick.path for brick in BRICKS}
    tables = [
        f"""
[[nodes]]
name = "{node.name}"
address = "{node.address}/{PREFIX_LENGTH}"
nic = "{NODE_NIC}"
fingerprint = "{node.fingerprint}"
claim_code = "{node.claim_code}"
bricks = {{ engine = "{paths["engine"]}", data = "{paths["data"]}" }}
"""
        for node in nodes
    ]
    engine = f"""
[engine]
name = "{ENGINE}"
address = "{ENGINE_ADDRESS}/{PREFIX_LENGTH}"
extra_names = ["localhost", "127.0.0.1"]
"""
    return f'site = "{lab.name}"\n' + "".join(tables) + engine


def hand_answers(first: Machine, nodes: Sequence[Introduction]) -> None:
    """Put the answers on the first node. Claim codes are used up once: an earlier file keeps those it has."""
    known = first.exec("cat", ANSWERS, check=False).stdout
    codes = {node["name"]: node["claim_code"] for node in tomllib.loads(known).get("nodes", [])}
    kept = [
        Introduction(node.name, node.address, node.fingerprint, codes.get(node.name, node.claim_code))
        if node.claim_code == "claimed"
        else node
        for node in nodes
    ]
    first.exec("sh", "-c", f"umask 077; mkdir -p /etc/trivet; cat > {ANSWERS}", stdin=answers(first.node.lab, kept))


def deploy(first: Machine, report: Report, passing: Report) -> None:
    """Run the deploy on the first node; what it prints goes to `report`, what it begins or waits for to `passing`.
    Raises DeployFailed. A site whose
    storage is not whole is up all the same: what is wrong is said."""
    first.exec("systemctl", "stop", UNIT, check=False, timeout_s=120)  # one that a killed `lab up` left behind
    unit = ["systemd-run", "--quiet", "--collect", "--wait", "--pipe", f"--unit={UNIT}", "-E", "PYTHONUNBUFFERED=1"]
    command = first.enter([*unit, "trivet", "deploy", ANSWERS])
    reason = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            (passing if is_passing(line) else report)(line.rstrip())
            reason = line.strip().removeprefix("Error: ")
    if running.returncode not in (0, STORAGE_NOT_WHOLE):
        raise DeployFailed(reason=reason or f"it ended with {running.returncode}", lab=first.node.lab.name)
