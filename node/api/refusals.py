"""The reasons by which a node says no and which its callers tell apart: the class name is the code on the wire."""

import re
import uuid

from node.api.problems import Failed, Refused


class Malformed(Refused):
    what = "The request cannot be read"
    why = "{reason}"
    mend = "Correct it and send it again"
    status = 400


class NotClaimedYet(Refused):
    what = "The request was not carried out"
    why = "this node does not belong to a site yet and the claim code is missing or wrong"
    mend = "Send the claim code that the node shows on its console (Authorization: Bearer CODE)"
    status = 401


class JustClaimed(Refused):
    what = "The request was not carried out"
    why = "this node has become a member of a site a moment ago and is about to ask for certificates"
    mend = "Ask again, with a certificate of that site"
    status = 503


class NotAllowed(Refused):
    what = "The request was not carried out"
    why = "the certificate of {caller} speaks for {role}, and only engine and deploy may drive a node"
    mend = "Use the certificate of the engine or of the deploy"
    status = 403


class OutOfTime(Refused):
    what = "{caller} was not let in"
    why = "its certificate is not valid at this node's time"
    mend = "Compare the clocks of both; the engine renews certificates by itself where it reaches the node"
    status = 403


class NotBare(Refused):
    what = "The node was not taken out of its site"
    why = "it still has {things}"
    mend = "Remove them first: nobody could afterwards"


class NoSuchPath(Refused):
    what = "There is nothing at {path}"
    why = "this version of trivet-node does not know the path"
    mend = "Compare the versions of the caller and of the node"
    status = 404


class NodeTooOld(Refused):
    what = "Node {node} was not asked for {operation}"
    why = "it has version {version} of the contract, and the operation came with {since}"
    mend = "Upgrade the node, then try again"


class ClaimRejected(Refused):
    what = "The node cannot take the certificate"
    why = "{reason}"
    mend = "Sign the certificate request of this very node and send it with the authority's certificate"
    status = 422


class VmUnknown(Refused):
    what = "There is no VM {vm} on this node"
    why = "it does not run here, and did not in the last week"
    mend = "Start it here, or ask the node on which it runs"
    status = 404


class VmNotPossible(Refused):
    what = "Cannot start VM {vm}"
    why = "{reason}"
    mend = "Change what the reason names and try again"
    status = 422


class SettingsUnknown(Refused):
    what = "The request was not carried out"
    why = "it has settings that this version of trivet-node does not know: {settings}"
    mend = "Upgrade this node, use one that is upgraded, or leave these settings at their defaults"
    status = 422


class VmNotUp(Refused):
    what = "Cannot {act} VM {vm}"
    why = "it is {state}"
    mend = "Try again when it is up"


class MemoryUnknown(Refused):
    what = "Cannot resume VM {vm} from its memory"
    why = "there is none where it was kept: it was resumed since, or removed"
    mend = "Stop the VM, which gives its memory up, and start it anew"


class VmNotPaused(Refused):
    what = "Cannot resume VM {vm}"
    why = "it is {state}"
    mend = "Start it, or wait until it is paused"


class NoGraphics(Refused):
    what = "Cannot open the screen of VM {vm}"
    why = "{reason}"
    mend = "Start it, with a graphics console"


class NotPluggable(Refused):
    what = "Cannot plug {device} into VM {vm}"
    why = "{reason}"
    mend = "Change what the reason names, or let the VM have it with its next start"


class NotUnplugged(Failed):
    what = "The guest of VM {vm} did not let go of {device}"
    why = "it gave no answer within {seconds} s{reason}"
    mend = "Let the guest end to use it and try again, or shut the VM down; it has it still"


class NotFrozen(Refused):
    what = "The file systems of VM {vm} do not stand still"
    why = "{reason}"
    mend = "Start the agent in its guest (qemu-guest-agent), or go on without it"


class NoCdrom(Refused):
    what = "Cannot change the disc of VM {vm}"
    why = "{reason}"
    mend = "Start it with a drive first"


class LeaseHeld(Refused):
    what = "Cannot start VM {vm}"
    why = "its lease {resource} is held by host {holder}"
    mend = "Stop it there, or wait until that host is proven dead and its lease expires"


class LeaseTaken(Failed):
    what = "VM {vm} does not go on; it was ended"
    why = "host {holder} has had its lease {resource} since it was paused, and may have written to its disks"
    mend = "Nothing: it runs there, or is started anew"


class NotStartable(Refused):
    what = "Cannot start VM {vm}"
    why = "{reason}"
    mend = "Mend what the reason names and start it again"


class NotMounted(Refused):
    what = "Cannot use storage domain {storage_domain}"
    why = "{reason}"
    mend = "Mount it first, or look into the state of its storage"


class StorageOfOther(Refused):
    what = "Cannot use this storage for storage domain {storage_domain}"
    why = "storage domain {name} ({other}) lies on it"
    mend = "Choose other storage, or import that storage domain"


class StorageNotEmpty(Refused):
    what = "Cannot use this storage for storage domain {storage_domain}"
    why = "it is not empty: {files}"
    mend = "Choose other storage, or remove what is on it if nobody needs it"


class NoStorageDomain(Refused):
    what = "There is no storage domain on the storage mounted as {storage_domain}"
    why = "nothing there says that it is one"
    mend = "Look whether the right storage is mounted"
    status = 404


class ImageUnknown(Refused):
    what = "There is no image {image} on storage domain {storage_domain}"
    why = "it was never made, or was removed since"
    mend = "Make it first"
    status = 404


class ImageDiffers(Refused):
    what = "Cannot make image {image}"
    why = "there is one already: {reason}"
    mend = "Choose another id, or remove the image first"


class ImageLarger(Refused):
    what = "Cannot make image {image} {size_bytes} bytes large"
    why = "it has {now_bytes}, and what lies behind would be cut off"
    mend = "Ask for more than it has"


class ImageBusy(Refused):
    what = "Cannot change image {image}"
    why = "VM {vm} is running on it"
    mend = "Stop the VM first"


class ImageInUse(Refused):
    what = "Cannot {act} image {image}"
    why = "image {by} stands on it"
    mend = "Remove or merge that one first"


class NotMerged(Refused):
    what = "Cannot merge image {image}"
    why = "{reason}"
    mend = "Merge an image into one of the same disk that nothing else stands on"


class ImageRejected(Refused):
    what = "Image {image} cannot be used"
    why = "{reason}"
    mend = "Remove it, and upload one that is whole in itself"
    status = 422


class TransferUnknown(Refused):
    what = "There is no transfer {id} on this node"
    why = "it was never opened, or was closed since"
    mend = "Open it again"
    status = 404


class NotWiped(Refused):
    what = "Image {image} was not wiped"
    why = "{away} of {bricks} bricks of storage domain {storage_domain} are not connected, and would keep what is in it"
    mend = "Bring them back and try again"


class SourceUnknown(Refused):
    what = "Cannot make an image from {source}"
    why = "this node ships no such image"
    mend = "Use one of: {known}"
    status = 422


class LockspaceUnknown(Refused):
    what = "Cannot use lockspace {lockspace}"
    why = "this node has not joined it"
    mend = "Join it first"


class LeasesInUse(Refused):
    what = "The timers of the leases were not changed"
    why = "VMs here hold leases, which would end with them: {vms}"
    mend = "Move these VMs to another node or stop them, and try again"


class LockspaceDiffers(Refused):
    what = "Cannot join lockspace {lockspace}"
    why = "this node is in it already as host {host_id}"
    mend = "Use that number; a node keeps it for life"


class VolumeDiffers(Refused):
    what = "Cannot make volume {volume}"
    why = "there is one already: {reason}"
    mend = "Choose another name; a volume's bricks are not changed behind its data"


class PeerUnreachable(Failed):
    what = "Cannot take {peer} into the pool of Gluster servers"
    why = "{reason}"
    mend = "Check that the name resolves on this node and that glusterd runs there"


class CheckpointGone(Refused):
    what = "Cannot confirm the change of the network"
    why = "checkpoint {checkpoint} is not there: it was confirmed before or went back by itself"
    mend = "Look at the network and ask for the change again"


_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def token(kind: str, value: str) -> str:
    """`value` when it can be a file name, a name in sanlock and in Gluster; Malformed otherwise."""
    if not _TOKEN.fullmatch(value):
        raise Malformed(reason=f"{kind} {value!r} is not a plain name of letters, digits, dots, underscores and dashes")
    return value


def vm_uuid(value: str) -> str:
    """`value` when it is a UUID in its usual form, lower case; Malformed otherwise: libvirt takes no other id."""
    try:
        if str(uuid.UUID(value)) == value:
            return value
    except ValueError:
        pass
    raise Malformed(reason=f"the VM id {value!r} is not a UUID in lower case")
