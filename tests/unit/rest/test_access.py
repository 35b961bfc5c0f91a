"""What users may do and see who are no administrators, through the unmodified SDK."""

from collections.abc import Iterator

import ovirtsdk4 as sdk
import pytest
from ovirtsdk4 import services, types

from hosted_engine.engine.users.model import Group, User
from tests.fakes.engine import DATA_ID, TINY_ID
from tests.unit.rest import people
from tests.unit.rest.server import Served

GIB = 1 << 30
BLANK = types.Template(name="Blank")
DEFAULT = types.Cluster(name="Default")


class Site:
    """An engine, and a new user for each test."""

    def __init__(self, engine: Served) -> None:
        self._engine = engine
        self._made = 0
        self.admin = engine.connection()
        self.opened = [self.admin]
        self.user = User(id="", name="", domain="")

    def renew(self) -> None:
        self._made += 1
        self.user = people.add_user(self._engine.world.store, f"user{self._made}")

    def give(self, role: str, table: str = "system", identity: str = "", to: User | Group | None = None) -> None:
        if table == "system":
            people.give(self._engine.world.store, to or self.user, role)
        else:
            people.give(self._engine.world.store, to or self.user, role, table, identity)

    def group(self) -> Group:
        return people.add_group(self._engine.world.store, f"group{self._made}", self.user.principal)

    def as_user(self, *, view: bool = True) -> services.SystemService:
        """`view`: the user's view, which users have to ask for."""
        headers = {"Filter": "true"} if view else {}
        self.opened.append(self._engine.connection(people.PASSWORD, user=self.user.login, headers=headers))
        return self.opened[-1].system_service()

    def vm(self, name: str = "") -> str:
        """The id of a new VM of the administrator's."""
        given = types.Vm(name=name or f"vm{self._made}", cluster=DEFAULT, template=BLANK)
        return str(self.admin.system_service().vms_service().add(given).id)

    @property
    def cluster_id(self) -> str:
        return self._engine.world.cluster.id


@pytest.fixture(scope="module")
def whole(engine: Served) -> Site:
    return Site(engine)


@pytest.fixture
def site(whole: Site) -> Iterator[Site]:
    whole.renew()
    yield whole
    for connection in whole.opened[1:]:
        connection.close()
    del whole.opened[1:]
    vms = whole.admin.system_service().vms_service()
    for vm in vms.list():
        if vm.name != "HostedEngine":
            vms.vm_service(vm.id).remove()


def names(things: list[sdk.types.Identified]) -> list[str]:
    return sorted(thing.name for thing in things)


def test_who_has_no_role_cannot_sign_in(site: Site) -> None:
    with pytest.raises(sdk.AuthError, match="Cannot authenticate"):
        site.as_user().get()


def test_a_role_on_one_vm_is_one_on_that_vm_alone(site: Site) -> None:
    mine, other = site.vm("mine"), site.vm("other")
    site.give("UserVmManager", "vms", mine)
    vms = site.as_user().vms_service()
    assert names(vms.list()) == ["mine"]
    assert vms.vm_service(mine).get().name == "mine"
    with pytest.raises(sdk.NotFoundError):
        vms.vm_service(other).get()
    with pytest.raises(sdk.NotFoundError):
        vms.vm_service(other).nics_service().list()
    assert vms.vm_service(mine).nics_service().list() == []
    assert vms.vm_service(mine).update(types.Vm(description="changed")).description == "changed"
    words = f"permit edit_vm_properties on VM {other}"
    with pytest.raises(sdk.AuthError, match=words):  # 403; the name is not told
        vms.vm_service(other).update(types.Vm(description="changed"))


def test_what_one_sees_and_may_not_change_is_named(site: Site) -> None:
    mine = site.vm("mine")
    site.give("UserRole", "vms", mine)
    with pytest.raises(sdk.AuthError, match=r"user\d+@internal.*permit delete_vm on VM mine"):
        site.as_user().vms_service().vm_service(mine).remove()


def test_without_the_users_view_there_is_nothing_to_see(site: Site) -> None:
    site.give("UserVmManager", "vms", site.vm())
    system = site.as_user(view=False)
    assert system.get().summary is None
    with pytest.raises(sdk.AuthError, match="Filter: true"):
        system.vms_service().list()


@pytest.mark.parametrize("collection", ["tags", "permissions", "mac_pools", "bookmarks"])
def test_what_is_for_administrators_alone(site: Site, collection: str) -> None:
    site.give("UserRole")
    with pytest.raises(sdk.Error, match=r"only administrators are shown it|not there yet"):
        getattr(site.as_user(), f"{collection}_service")().list()


def test_what_does_not_exist_is_told_as_that(site: Site) -> None:
    site.give("UserRole")
    with pytest.raises(sdk.NotFoundError, match="There is no VM nothing"):
        site.as_user().vms_service().vm_service("nothing").start()


def test_a_role_on_a_cluster_is_one_on_what_is_in_it(site: Site) -> None:
    vm = site.vm()
    site.give("UserVmManager", "clusters", site.cluster_id)
    vms = site.as_user().vms_service()
    assert vm in [one.id for one in vms.list()]
    vms.vm_service(vm).start()
    vms.vm_service(vm).stop()


def test_a_role_that_does_not_show_what_is_below(site: Site) -> None:
    site.vm()
    site.give("VmCreator", "clusters", site.cluster_id)
    system = site.as_user()
    assert system.vms_service().list() == []
    assert names(system.clusters_service().list()) == ["Default"]
    assert names(system.data_centers_service().list()) == ["Default"]


def test_a_group_has_its_members_do_what_it_may(site: Site) -> None:
    vm = site.vm()
    site.give("UserRole", "vms", vm, to=site.group())
    vms = site.as_user().vms_service()
    assert [one.id for one in vms.list()] == [vm]
    vms.vm_service(vm).start()
    vms.vm_service(vm).stop()


def test_everybody_may_use_the_blank_template_and_their_profile(site: Site) -> None:
    site.give("UserRole")
    system = site.as_user()
    assert "Blank" in names(system.templates_service().list())
    assert names(system.vnic_profiles_service().list()) == ["ovirtmgmt"]


def test_whoever_makes_a_vm_may_work_with_it(site: Site) -> None:
    site.give("VmCreator", "clusters", site.cluster_id)
    vms = site.as_user().vms_service()
    made = vms.add(types.Vm(name="theirs", cluster=DEFAULT, template=BLANK))
    assert names(vms.list()) == ["theirs"]
    profile = site.as_user().vnic_profiles_service().list()[0]
    nic = (
        vms.vm_service(made.id)
        .nics_service()
        .add(types.Nic(name="nic1", vnic_profile=types.VnicProfile(id=profile.id)))
    )
    assert nic.name == "nic1"
    of_vm = site.admin.system_service().vms_service().vm_service(made.id).permissions_service()
    (permission,) = of_vm.list()
    role = site.admin.system_service().roles_service().role_service(permission.role.id).get().name
    assert (permission.user.id, role) == (site.user.id, "UserVmManager")
    vms.vm_service(made.id).remove()
    of_user = site.admin.system_service().users_service().user_service(site.user.id).permissions_service()
    assert [one.vm for one in of_user.list()] == [None]  # that on the cluster is left


def test_an_administrator_who_makes_a_vm_needs_no_role_on_it(site: Site) -> None:
    vm = site.vm()
    assert site.admin.system_service().vms_service().vm_service(vm).permissions_service().list() == []


@pytest.mark.parametrize(
    ("given", "permit", "on"),
    [
        ((), "create_vm", "cluster"),
        ((("VmCreator", "clusters"),), "create_vm", f"template {TINY_ID}"),
        ((("UserVmManager", "clusters"), ("UserTemplateBasedVm", "templates")), "create_disk", "storage domain"),
    ],
)
def test_a_vm_takes_permits_on_cluster_template_and_storage(
    site: Site, given: tuple[tuple[str, str], ...], permit: str, on: str
) -> None:
    site.give("UserProfileEditor")
    site.give("DiskProfileUser")
    site.give("UserRole", "vms", site.vm())
    for role, table in given:
        site.give(role, table, {"clusters": site.cluster_id, "templates": TINY_ID}[table])
    with pytest.raises(sdk.AuthError, match=f"permit {permit} on {on}"):
        site.as_user().vms_service().add(types.Vm(name="no", cluster=DEFAULT, template=types.Template(name="tiny")))
    assert "no" not in names(site.admin.system_service().vms_service().list())


def test_whoever_makes_a_disk_may_work_with_it(site: Site) -> None:
    site.give("DiskCreator", "storage_domains", DATA_ID)
    disks = site.as_user().disks_service()
    made = disks.add(
        types.Disk(
            name="theirs",
            provisioned_size=GIB,
            format=types.DiskFormat.COW,
            storage_domains=[types.StorageDomain(id=DATA_ID)],
        )
    )
    assert names(disks.list()) == ["theirs"]
    while disks.disk_service(made.id).get().status != types.DiskStatus.OK:
        pass
    disks.disk_service(made.id).remove()
    assert not people_permissions(site)


def people_permissions(site: Site) -> list[str]:
    """Ids of the roles that the user has on anything but a storage domain."""
    service = site.admin.system_service().users_service().user_service(site.user.id).permissions_service()
    return [one.role.id for one in service.list() if one.storage_domain is None]


def test_disks_of_ones_vms_are_ones_own(site: Site) -> None:
    given = types.Vm(name="theirs", cluster=DEFAULT, template=types.Template(name="tiny"))
    vms = site.admin.system_service().vms_service()
    vm = vms.add(given)
    while vms.vm_service(vm.id).get().status != types.VmStatus.DOWN:
        pass
    site.give("UserVmManager", "vms", vm.id)
    system = site.as_user()
    (disk,) = [one for one in system.disks_service().list() if one.name.startswith("theirs")]
    assert system.vms_service().vm_service(vm.id).disk_attachments_service().list()[0].disk.id == disk.id
    assert names(system.storage_domains_service().list()) == ["data", "engine"]


def test_roles_are_given_by_those_who_may(site: Site) -> None:
    mine, other = site.vm("mine"), site.vm("other")
    site.give("UserVmManager", "vms", mine)
    vms = site.as_user().vms_service()
    friend = people.add_user(site._engine.world.store, f"friend-of-{site.user.principal}")
    wanted = types.Permission(role=types.Role(name="UserRole"), user=types.User(id=friend.id))
    assert vms.vm_service(mine).permissions_service().add(wanted).user.id == friend.id
    with pytest.raises(sdk.AuthError, match="manipulate_permissions on VM"):
        vms.vm_service(other).permissions_service().add(wanted)
    with pytest.raises(sdk.AuthError, match="manipulate_permissions on the system"):
        site.as_user().permissions_service().add(wanted)


@pytest.mark.parametrize("role", ["SuperUser", "ClusterAdmin", "nothing"])
def test_a_role_of_administrators_is_given_by_super_users_alone(site: Site, role: str) -> None:
    mine = site.vm()
    site.give("UserVmManager", "vms", mine)
    permissions = site.as_user().vms_service().vm_service(mine).permissions_service()
    wanted = types.Permission(role=types.Role(name=role), user=types.User(id=site.user.id))
    with pytest.raises(sdk.AuthError, match="permit super_user on the system"):
        permissions.add(wanted)
    given = site.admin.system_service().vms_service().vm_service(mine).permissions_service()
    admin_role = types.Permission(role=types.Role(name="ClusterAdmin"), user=types.User(id=site.user.id))
    there = given.add(admin_role)
    with pytest.raises(sdk.AuthError, match="permit super_user on the system"):
        permissions.permission_service(there.id).remove()


def test_a_permission_is_taken_by_those_who_may_on_its_object(site: Site) -> None:
    mine, other = site.vm("mine"), site.vm("other")
    site.give("UserVmManager", "vms", mine)
    site.give("UserRole", "vms", other)
    system = site.as_user()
    mine_there = system.users_service().user_service(site.user.id).permissions_service().list()
    (of_other,) = [one for one in mine_there if one.vm.id == other]
    with pytest.raises(sdk.AuthError, match="manipulate_permissions on VM other"):  # whatever path leads to it
        system.vms_service().vm_service(mine).permissions_service().permission_service(of_other.id).remove()


def test_an_administrator_of_a_cluster_sees_all_and_changes_only_that(site: Site) -> None:
    site.give("ClusterAdmin", "clusters", site.cluster_id)
    system = site.as_user(view=False)
    assert "node1" in names(system.hosts_service().list())
    assert names(system.tags_service().list()) == []
    with pytest.raises(sdk.AuthError, match="permit tag_management on the system"):
        system.tags_service().add(types.Tag(name="mine"))
    vm = system.vms_service().add(types.Vm(name="by-admin", cluster=DEFAULT, template=BLANK))
    assert site.admin.system_service().vms_service().vm_service(vm.id).permissions_service().list() == []


def test_an_administrator_who_asks_for_the_users_view_sees_as_a_user(site: Site) -> None:
    site.vm()
    site.give("ClusterAdmin", "clusters", site.cluster_id)
    assert site.as_user().vms_service().list() == []


def test_a_page_has_as_many_of_ones_own_as_there_are(site: Site) -> None:
    for number in range(6):
        vm = site.vm(f"many{number}")
        if number in (1, 4):
            site.give("UserRole", "vms", vm)
    vms = site.as_user().vms_service()
    assert names(vms.list(max=2)) == ["many1", "many4"]
    assert names(vms.list(search="name=many*", max=1)) == ["many1"]


def test_links_are_followed_within_ones_view(site: Site) -> None:
    mine = site.vm()
    site.give("UserRole", "vms", mine)
    (vm,) = site.as_user().vms_service().list(follow="cluster,permissions,template")
    assert (vm.cluster.name, vm.template.name, len(vm.permissions)) == ("Default", "Blank", 1)


def test_oneself_is_known_to_oneself(site: Site) -> None:
    site.give("UserRole")
    for view in (True, False):
        system = site.as_user(view=view)
        assert system.users_service().user_service("me").get().id == site.user.id
    assert [user.id for user in system.users_service().list(query={"filter": "true"})] == [site.user.id]


def test_a_job_is_followed_by_whoever_began_it(site: Site) -> None:
    mine = site.vm()
    site.give("UserRole", "vms", mine)
    system = site.as_user()
    system.vms_service().vm_service(mine).start()
    jobs = system.jobs_service().list()
    assert [job.description for job in jobs] == [f"Launching VM vm{site._made}"]
    assert system.jobs_service().job_service(jobs[0].id).get().owner.id == site.user.id
    of_admin = next(job.id for job in site.admin.system_service().jobs_service().list() if job.id != jobs[0].id)
    with pytest.raises(sdk.NotFoundError):
        system.jobs_service().job_service(of_admin).get()
    site.admin.system_service().vms_service().vm_service(mine).stop()


def test_who_may_give_roles_finds_whom_to_give_them_to(site: Site) -> None:
    site.give("UserRole", "vms", site.vm("one"))
    system = site.as_user()
    (domain,) = system.domains_service().list()
    with pytest.raises(sdk.AuthError, match="only administrators are shown it"):
        system.domains_service().domain_service(domain.id).users_service().list()
    site.give("UserVmManager", "vms", site.vm("two"))
    users = site.as_user().domains_service().domain_service(domain.id).users_service().list()
    assert "admin" in [user.principal for user in users]


def test_ones_own_keys_and_those_of_others(site: Site) -> None:
    """EDIT_PROFILE is for oneself; to change others takes MANIPULATE_USERS."""
    site.give("UserRole")
    system = site.as_user()
    key = types.SshPublicKey(content="x")
    with pytest.raises(sdk.Error, match=r"not there yet|no public key"):
        system.users_service().user_service(site.user.id).ssh_public_keys_service().add(key)
    other = site.admin.system_service().users_service().list(search="usrname=admin@internal-authz")[0].id
    with pytest.raises(sdk.Error, match=r"not there yet|manipulate_users on the system"):
        system.users_service().user_service(other).ssh_public_keys_service().add(key)
