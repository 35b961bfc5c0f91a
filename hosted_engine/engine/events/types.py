"""The events that Trivet writes, with the names, codes, severities and wording of oVirt's AuditLogType."""

from enum import Enum

from hosted_engine.engine.events.model import Severity

_N, _W, _E, _A = Severity.NORMAL, Severity.WARNING, Severity.ERROR, Severity.ALERT


class EventType(Enum):
    """Code, severity, and the sentence; its blanks are filled by `emit`."""

    VDC_START = (1, _N, "Starting the engine.")
    VDC_STOP = (2, _N, "Stopping the engine.")
    USER_VDC_LOGIN = (30, _N, "User {user} logged in from {address} with session {session}.")
    USER_VDC_LOGOUT = (31, _N, "User {user} logged out from {address} with session {session}.")
    USER_VDC_LOGIN_FAILED = (114, _E, "User {user} failed to log in from {address}: {reason}.")
    USER_VDC_SESSION_TERMINATED = (831, _N, "Session {session} of user {login} was ended by {user}.")
    USER_ACCOUNT_DISABLED_OR_LOCKED = (160, _E, "User {user} could not log in from {address}: {reason}.")
    USER_ACCOUNT_PASSWORD_EXPIRED = (1171, _E, "User {user} could not log in from {address}: {reason}.")
    USER_PASSWORD_CHANGED = (346, _N, "The password of the account {name} was changed by {user}.")
    USER_PASSWORD_CHANGE_FAILED = (347, _E, "The password of {user} was not changed: {reason}.")

    VDS_FAILURE = (12, _E, "Host {node} is non responsive: {reason}")
    VDS_DETECTED = (13, _N, "Status of host {node} was set to Up.")
    VDS_HOST_NOT_RESPONDING_CONNECTING = (9008, _W, "Host {node} is not responding. Trying to connect again.")
    VDS_HOST_NOT_RESPONDING = (9027, _W, "Host {node} is not responding.")
    VDS_REGISTER_SUCCEEDED = (
        828,
        _N,
        "Host {node} asks to be approved. On its screen have to be its own words, {words}, and the engine's, {engine}.",
    )
    VDS_REGISTER_FAILED = (826, _E, "A machine that wants to be a host was turned away: {reason}")
    USER_ADD_VDS = (42, _N, "Host {node} was added by {user}.")
    VDS_APPROVE = (498, _N, "Host {node} was successfully approved by user {user}.")
    VDS_APPROVE_FAILED = (499, _E, "Failed to approve Host {node} (User: {user}): {reason}")
    VDS_INSTALL_IN_PROGRESS = (509, _N, "Installing Host {node}.")
    HOST_AVAILABLE_UPDATES_STARTED = (884, _N, "Started to check for available updates on host {node}.")
    HOST_AVAILABLE_UPDATES_FINISHED = (885, _N, "Check for available updates on host {node} was completed: {message}.")
    HOST_AVAILABLE_UPDATES_FAILED = (839, _E, "Failed to check for available updates on host {node}: {reason}")
    VDS_INSTALL = (504, _N, "Host {node} installed")
    VDS_INSTALL_FAILED = (505, _E, "Host {node} installation failed. {reason}")
    USER_REMOVE_VDS = (44, _N, "Host {node} was removed by {user}.")
    USER_FAILED_REMOVE_VDS = (106, _E, "Failed to remove Host {node} (User: {user}): {reason}")
    HOST_CERTIFICATION_HAS_EXPIRED = (877, _A, "The certificate of host {node} expired on {until}. {reason}")
    HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE = (845, _W, "The certificate of host {node} expires on {until}. {reason}")
    HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT = (
        879,
        _A,
        "The certificate of host {node} expires on {until}. {reason}",
    )
    HOST_CERTIFICATION_ENROLLMENT_FINISHED = (881, _N, "Host {node} has a new certificate, valid until {until}.")
    HOST_CERTIFICATION_ENROLLMENT_FAILED = (882, _E, "Host {node} got no new certificate: {reason}")
    ENGINE_CERTIFICATION_HAS_EXPIRED = (846, _A, "The engine's certificate expired on {until}. {reason}")
    ENGINE_CERTIFICATION_IS_ABOUT_TO_EXPIRE = (847, _W, "The engine's certificate expires on {until}. {reason}")
    ENGINE_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT = (878, _A, "The engine's certificate expires on {until}. {reason}")
    ENGINE_CA_CERTIFICATION_HAS_EXPIRED = (
        848,
        _A,
        "The certificate of the site's authority expired on {until}. {reason}",
    )
    ENGINE_CA_CERTIFICATION_IS_ABOUT_TO_EXPIRE = (
        849,
        _W,
        "The certificate of the site's authority expires on {until}. {reason}",
    )
    ENGINE_CA_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT = (
        883,
        _A,
        "The certificate of the site's authority expires on {until}. {reason}",
    )
    VDS_TIME_DRIFT_ALERT = (
        604,
        _W,
        "Host {node} has time-drift of {actual} seconds while maximum configured value is {maximum} seconds.",
    )
    VDS_MAINTENANCE = (15, _N, "Host {node} was switched to Maintenance Mode.")
    VDS_MAINTENANCE_FAILED = (17, _E, "Failed to switch Host {node} to Maintenance mode: {reason}")
    USER_VDS_MAINTENANCE = (600, _N, "Host {node} was switched to Maintenance mode by {user} (Reason: {reason}).")
    USER_VDS_MAINTENANCE_WITHOUT_REASON = (620, _N, "Host {node} was switched to Maintenance mode by {user}.")
    VDS_ACTIVATE = (16, _N, "Activation of host {node} initiated by {user}.")
    VDS_ACTIVATE_FAILED = (18, _E, "Failed to activate Host {node} (User: {user}): {reason}")
    HOST_INTERFACE_STATE_UP = (609, _N, "Interface {interface} on host {node}, changed state to up")
    HOST_INTERFACE_STATE_DOWN = (610, _W, "Interface {interface} on host {node}, changed state to down")
    HOST_BOND_SLAVE_STATE_UP = (611, _N, "Slave {slave} of bond {bond} on host {node}, changed state to up")
    HOST_BOND_SLAVE_STATE_DOWN = (612, _W, "Slave {slave} of bond {bond} on host {node}, changed state to down")
    VDS_NETWORKS_OUT_OF_SYNC = (1110, _W, "Host {node}'s network is not as it was confirmed; to do: {networks}")
    SYSTEM_DEACTIVATED_STORAGE_DOMAIN = (
        970,
        _W,
        "Storage Domain {domain} was deactivated by system because it's not visible by any of the hosts.",
    )
    USER_ACTIVATED_STORAGE_DOMAIN = (966, _N, "Storage Domain {domain} was activated.")

    IRS_DISK_SPACE_LOW = (26, _W, "Warning, Low disk space. {domain} domain has {space} of free space.")
    IRS_DISK_SPACE_LOW_ERROR = (201, _E, "Critical, Low disk space. {domain} domain has {space} of free space.")
    GLUSTER_BRICK_STATUS_DOWN = (4151, _A, "Status of brick {brick} of volume {volume} is down. {reason}")
    GLUSTER_BRICK_STATUS_CHANGED = (
        4086,
        _W,
        "Detected change in status of brick {brick} of volume {volume} from DOWN to UP.",
    )
    GLUSTER_SERVER_STATUS_DISCONNECTED = (4163, _A, "Gluster server {server} set to DISCONNECTED. {reason}")
    GLUSTER_VOLUME_STOPPED_FROM_CLI = (4040, _W, "Detected that volume {volume} is not started. {reason}")
    GLUSTER_VOLUME_HEAL_REFRESH_FAILED = (4174, _E, "Failed to refresh heal information of volume {volume}. {reason}")
    GLUSTER_VOLUME_DETAILS_REFRESH_FAILED = (4094, _E, "Failed to refresh details of volume {volume}. {reason}")
    GLUSTER_SERVERS_LIST_FAILED = (4437, _E, "Failed to look at the Gluster servers. {reason}")
    EXTERNAL_EVENT_NORMAL = (9801, _N, "{reason}")
    EXTERNAL_EVENT_WARNING = (9802, _W, "{reason}")
    EXTERNAL_EVENT_ERROR = (9803, _E, "{reason}")

    USER_ADD_VM = (34, _N, "VM {vm} was created by {user}.")
    USER_ADD_VM_STARTED = (37, _N, "VM {vm} creation was initiated by {user}.")
    USER_ADD_VM_FINISHED_SUCCESS = (53, _N, "VM {vm} creation has been completed.")
    USER_ADD_VM_FINISHED_FAILURE = (60, _E, "Failed to complete VM {vm} creation: {reason}")
    SYSTEM_UPDATE_VM = (253, _N, "VM {vm} configuration was updated by system.")
    USER_FAILED_UPDATE_VM = (58, _E, "Failed to update VM {vm} configuration: {reason}")
    USER_UPDATE_VM = (35, _N, "VM {vm} configuration was updated by {user}.")
    USER_ADD_VM_TEMPLATE = (48, _N, "Creation of template {template} from VM {vm} was initiated by {user}.")
    USER_ADD_VM_TEMPLATE_FINISHED_SUCCESS = (51, _N, "Creation of template {template} from VM {vm} has been completed.")
    USER_ADD_VM_TEMPLATE_FINISHED_FAILURE = (
        52,
        _E,
        "Failed to complete creation of template {template} from VM {vm}: {reason}",
    )
    USER_REMOVE_VM_TEMPLATE_FINISHED = (251, _N, "Template {template} was successfully removed.")
    USER_FAILED_REMOVE_VM_TEMPLATE = (110, _E, "Failed to remove template {template}: {reason}")
    USER_CREATE_SNAPSHOT = (45, _N, "Snapshot {snapshot!r} of VM {vm} was initiated by {user}.")
    USER_CREATE_SNAPSHOT_FINISHED_SUCCESS = (68, _N, "Snapshot {snapshot!r} of VM {vm} has been completed.")
    USER_CREATE_SNAPSHOT_FINISHED_FAILURE = (69, _E, "Failed to take snapshot {snapshot!r} of VM {vm}: {reason}")
    USER_REMOVE_SNAPSHOT = (342, _N, "Removal of snapshot {snapshot!r} of VM {vm} was initiated by {user}.")
    USER_REMOVE_SNAPSHOT_FINISHED_SUCCESS = (356, _N, "Snapshot {snapshot!r} of VM {vm} has been removed.")
    USER_REMOVE_SNAPSHOT_FINISHED_FAILURE = (357, _E, "Failed to remove snapshot {snapshot!r} of VM {vm}: {reason}")
    USER_TRY_BACK_TO_SNAPSHOT = (46, _N, "Preview of snapshot {snapshot!r} of VM {vm} was initiated by {user}.")
    USER_TRY_BACK_TO_SNAPSHOT_FINISH_SUCCESS = (71, _N, "VM {vm} is in preview of snapshot {snapshot!r}.")
    USER_TRY_BACK_TO_SNAPSHOT_FINISH_FAILURE = (99, _E, "Failed to preview snapshot {snapshot!r} of VM {vm}: {reason}")
    USER_RESTORE_FROM_SNAPSHOT_START = (1190, _N, "VM {vm} is being restored from snapshot {snapshot!r} by {user}.")
    USER_RESTORE_FROM_SNAPSHOT_FINISH_SUCCESS = (100, _N, "VM {vm} was restored from snapshot {snapshot!r}.")
    USER_RESTORE_FROM_SNAPSHOT_FINISH_FAILURE = (
        101,
        _E,
        "Failed to restore VM {vm} from snapshot {snapshot!r}: {reason}",
    )
    USER_COMMIT_RESTORE_FROM_SNAPSHOT_START = (
        94,
        _N,
        "VM {vm} stays what it was at snapshot {snapshot!r}, as {user} asked for.",
    )
    USER_COMMIT_RESTORE_FROM_SNAPSHOT_FINISH_SUCCESS = (95, _N, "Snapshot {snapshot!r} of VM {vm} was committed.")
    USER_COMMIT_RESTORE_FROM_SNAPSHOT_FINISH_FAILURE = (
        96,
        _E,
        "Snapshot {snapshot!r} of VM {vm} was committed, but images are left that nobody needs: {reason}",
    )
    USER_UNDO_RESTORE_FROM_SNAPSHOT_START = (
        650,
        _N,
        "VM {vm} is what it was before the preview of snapshot {snapshot!r} again, as {user} asked for.",
    )
    USER_UNDO_RESTORE_FROM_SNAPSHOT_FINISH_SUCCESS = (
        651,
        _N,
        "The preview of snapshot {snapshot!r} of VM {vm} was undone.",
    )
    USER_UNDO_RESTORE_FROM_SNAPSHOT_FINISH_FAILURE = (
        652,
        _E,
        "The preview of snapshot {snapshot!r} of VM {vm} was undone, but images are left that nobody needs: {reason}",
    )
    USER_REMOVE_VM_FINISHED = (113, _N, "VM {vm} was successfully removed.")
    USER_FAILED_REMOVE_VM = (59, _E, "Failed to remove VM {vm}: {reason}")
    USER_STARTED_VM = (153, _N, "VM {vm} was started by {user} (Host: {node}).")
    USER_RUN_VM = (32, _N, "VM {vm} started on Host {node}.")
    USER_RUN_VM_AS_STATELESS = (538, _N, "VM {vm} started on Host {node} as stateless.")
    USER_RUN_VM_AS_STATELESS_WITH_DISKS_NOT_ALLOWING_SNAPSHOT = (
        171,
        _W,
        "VM {vm} started on Host {node} as stateless; what it writes to these disks stays: {disks}",
    )
    USER_FAILED_RUN_VM = (54, _E, "Failed to run VM {vm}: {reason}")
    HA_VM_FAILED = (9602, _E, "Highly available VM {vm} is down and nobody wished it so; it is started again.")
    HA_VM_RESTART_FAILED = (9603, _E, "Highly available VM {vm} could not be started again: {reason}")
    USER_RESUME_VM = (40, _N, "VM {vm} was resumed by {user} (Host: {node}).")
    USER_FAILED_RESUME_VM = (103, _E, "Failed to resume VM {vm}: {reason}")
    USER_SUSPEND_VM = (501, _N, "Suspending VM {vm} was initiated by {user} (Host: {node}).")
    USER_ATTACH_USER_TO_VM_FROM_POOL = (316, _N, "User {user} asked for a VM of VM pool {pool} and gets VM {vm}.")
    USER_ATTACH_USER_TO_VM_FROM_POOL_FINISHED_SUCCESS = (318, _N, "VM {vm} of VM pool {pool} is ready for {user}.")
    USER_ATTACH_USER_TO_VM_FROM_POOL_FINISHED_FAILURE = (
        319,
        _E,
        "VM {vm} of VM pool {pool} could not be given to {user}: {reason}",
    )
    USER_REMOVE_VM_FROM_POOL = (308, _N, "VM {vm} was detached from VM pool {pool} by {user}.")
    VM_FAILED_TO_PRESTART_IN_POOL = (169, _W, "VM {vm} of VM pool {pool} could not be prestarted: {reason}")
    USER_REMOVE_DISK_SNAPSHOT = (373, _N, "Disk {disk} is being removed from snapshot {snapshot} of VM {vm} by {user}.")
    USER_REMOVE_DISK_SNAPSHOT_FINISHED_SUCCESS = (
        375,
        _N,
        "Disk {disk} was removed from snapshot {snapshot} of VM {vm}.",
    )
    USER_REMOVE_DISK_SNAPSHOT_FINISHED_FAILURE = (
        376,
        _E,
        "Disk {disk} could not be removed from snapshot {snapshot} of VM {vm}: {reason}",
    )
    USER_SUSPEND_VM_OK = (503, _N, "VM {vm} on Host {node} is suspended.")
    USER_FAILED_SUSPEND_VM = (502, _E, "Failed to suspend VM {vm} (Host: {node}): {reason}")
    USER_STOP_SUSPENDED_VM = (111, _N, "Suspended VM {vm} had its memory given up by {user}; it is down.")
    USER_STOP_SUSPENDED_VM_FAILED = (112, _E, "Failed to power off suspended VM {vm}: {reason}")
    VM_POWER_DOWN_FAILED = (147, _W, "Shutdown of VM {vm} failed: its guest did not shut down in time. It runs on.")
    USER_STOP_VM = (33, _N, "VM {vm} powered off by {user} (Host: {node}).")
    USER_FAILED_STOP_VM = (56, _E, "Failed to power off VM {vm}: {reason}")
    USER_INITIATED_SHUTDOWN_VM = (73, _N, "VM {vm} shut down was initiated by {user} (Host: {node}).")
    USER_FAILED_SHUTDOWN_VM = (74, _E, "Failed to shut down VM {vm}: {reason}")
    USER_REBOOT_VM = (157, _N, "VM {vm} was rebooted by {user} (Host: {node}).")
    USER_FAILED_REBOOT_VM = (158, _E, "Failed to reboot VM {vm}: {reason}")
    USER_RESET_VM = (221, _N, "VM {vm} was reset by {user} (Host: {node}).")
    USER_FAILED_RESET_VM = (222, _E, "Failed to reset VM {vm}: {reason}")
    HOT_SET_NUMBER_OF_CPUS = (2033, _N, "VM {vm} has {cpus} processors now, plugged while it runs.")
    FAILED_HOT_SET_NUMBER_OF_CPUS = (2034, _E, "VM {vm} does not get {cpus} processors while it runs: {reason}")
    HOT_SET_MEMORY = (2039, _N, "VM {vm} has {memory} MiB of memory now, plugged while it runs.")
    FAILED_HOT_SET_MEMORY = (2040, _E, "VM {vm} does not get {memory} MiB of memory while it runs: {reason}")
    VM_SET_TICKET = (164, _N, "User {user} opened the console of VM {vm}.")
    VM_SET_TICKET_FAILED = (165, _E, "User {user} could not open the console of VM {vm}.")
    FREEZE_VM_SUCCESS = (10767, _N, "The file systems of the guest of VM {vm} stand still.")
    THAW_VM_SUCCESS = (10768, _N, "The file systems of the guest of VM {vm} go on.")
    USER_FAILED_TO_FREEZE_VM = (10769, _W, "The file systems of the guest of VM {vm} do not stand still: {reason}")
    USER_FAILED_TO_THAW_VM = (10770, _W, "The file systems of the guest of VM {vm} could not be let go on: {reason}")
    USER_HOTPLUG_DISK = (2000, _N, "Disk {device} was plugged into VM {vm} by {user}.")
    USER_FAILED_HOTPLUG_DISK = (2001, _E, "Disk {device} could not be plugged into VM {vm}: {reason}")
    USER_HOTUNPLUG_DISK = (2002, _N, "Disk {device} was unplugged from VM {vm} by {user}.")
    USER_FAILED_HOTUNPLUG_DISK = (2003, _E, "Disk {device} could not be unplugged from VM {vm}: {reason}")
    NETWORK_ACTIVATE_VM_INTERFACE_SUCCESS = (1012, _N, "NIC {device} was plugged into VM {vm} by {user}.")
    NETWORK_ACTIVATE_VM_INTERFACE_FAILURE = (1013, _E, "NIC {device} could not be plugged into VM {vm}: {reason}")
    NETWORK_DEACTIVATE_VM_INTERFACE_SUCCESS = (1014, _N, "NIC {device} was unplugged from VM {vm} by {user}.")
    NETWORK_DEACTIVATE_VM_INTERFACE_FAILURE = (
        1015,
        _E,
        "NIC {device} could not be unplugged from VM {vm}: {reason}",
    )
    USER_CHANGE_DISK_VM = (38, _N, "CD {disk} was inserted to VM {vm} by {user}.")
    USER_EJECT_VM_DISK = (528, _N, "CD was ejected from VM {vm} by {user}.")
    USER_FAILED_CHANGE_DISK_VM = (102, _E, "Failed to change CD in VM {vm} (Host: {node}, User: {user}): {reason}")
    VM_DOWN = (61, _N, "VM {vm} is down. Exit message: {reason}")
    VM_DOWN_ERROR = (119, _E, "VM {vm} is down with error. Exit message: {reason}")
    VM_PAUSED = (1025, _N, "VM {vm} has been paused.")
    VM_PAUSED_ENOSPC = (
        138,
        _E,
        "VM {vm} has been paused: its storage is full. It goes on by itself when there is room.",
    )
    VM_PAUSED_EIO = (
        145,
        _E,
        "VM {vm} has been paused: its storage does not answer. It goes on by itself when it does.",
    )
    VM_RECOVERED_FROM_PAUSE_ERROR = (196, _N, "VM {vm} goes on, whose storage had paused it.")
    VM_SET_TO_UNKNOWN_STATUS = (142, _W, "VM {vm} was set to the Unknown status.")
    VM_STATUS_RESTORED = (163, _N, "VM {vm} status was restored to {status}.")
    VM_WAS_SET_DOWN_DUE_TO_HOST_REBOOT_OR_MANUAL_FENCE = (
        143,
        _N,
        "Vm {vm} was shut down due to {node} host reboot or manual fence.",
    )

    USER_ADD_DISK = (2020, _N, "Add-Disk operation of {disk} was initiated by {user}.")
    USER_ADD_DISK_FINISHED_SUCCESS = (2021, _N, "The disk {disk} was successfully added.")
    USER_ADD_DISK_FINISHED_FAILURE = (2022, _E, "Add-Disk operation of {disk} failed to complete: {reason}")
    USER_FINISHED_REMOVE_DISK = (2014, _N, "Disk {disk} was successfully removed from domain {domain} (User {user}).")
    USER_FINISHED_FAILED_REMOVE_DISK = (2015, _W, "Failed to remove disk {disk} (User {user}): {reason}")
    USER_ADD_DISK_TO_VM = (78, _N, "Add-Disk operation of {disk} was initiated on VM {vm} by {user}.")
    USER_ADD_DISK_TO_VM_FINISHED_SUCCESS = (97, _N, "The disk {disk} was successfully added to VM {vm}.")
    USER_ADD_DISK_TO_VM_FINISHED_FAILURE = (
        98,
        _E,
        "Add-Disk operation of {disk} failed to complete on VM {vm}: {reason}",
    )

    NETWORK_ADD_VM_INTERFACE = (932, _N, "Interface {nic} ({interface}) was added to VM {vm}. (User: {user})")
    NETWORK_REMOVE_VM_INTERFACE = (930, _N, "Interface {nic} ({interface}) was removed from VM {vm}. (User: {user})")
    NETWORK_UPDATE_VM_INTERFACE = (934, _N, "Interface {nic} ({interface}) was updated for VM {vm}. (User: {user})")

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def severity(self) -> Severity:
        return self.value[1]

    @property
    def sentence(self) -> str:
        return self.value[2]
