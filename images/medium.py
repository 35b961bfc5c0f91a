"""The installation medium: an ISO for CD and USB that starts under UEFI and carries all that a site needs."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from images import engine, manifest, project, tiny, version
from images.store import Entry, Report, have, key_of
from images.system import System, system, system_entry
from images.tools import tools_entry, tools_tree
from images.tree import run_in
from node.system.process import Run

LABEL = "TRIVET"
FOLDER = "trivet"
SYSTEMD_BOOT = "usr/lib/systemd/boot/efi/systemd-bootx64.efi"
LOADER = "timeout 5\neditor yes\nconsole-mode keep\n"

_MIB = 1 << 20
_SPARE_MIB = 4  # of the boot partition: FAT's own tables
_ISO_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Medium:
    version: str
    iso: Path


def medium_entry(store: Path, report: Report, run: Run) -> Entry:
    parts = (
        system_entry(store, report, run).folder,
        engine.engine_entry(store, report, run).folder,
        tiny.tiny_entry(store, report, run).folder,
        tools_entry(run).folder,
        repr((LABEL, FOLDER, LOADER)),
    )
    key = key_of(*parts, project.build_code_key("medium", "manifest", "version"))
    return Entry("iso", key, lambda work: _make(work, store, report, run))


def medium(store: Path, report: Report, run: Run) -> Medium:
    folder = have(store, medium_entry(store, report, run), report)
    (iso,) = folder.glob("trivet-*.iso")
    return Medium(iso.stem.removeprefix("trivet-"), iso)


def _make(work: Path, store: Path, report: Report, run: Run) -> None:
    made, tools = system(store, report, run), tools_tree(store, report, run)
    images = (
        engine.engine_folder(store, report, run) / engine.NAME,
        tiny.tiny_folder(store, report, run) / tiny.NAME,
    )
    date = version.source_date(run)
    report(f"medium {made.version}")
    with TemporaryDirectory(dir=work) as folder:
        content = Path(folder) / "content"
        carried = content / FOLDER
        carried.mkdir(parents=True)
        for path in (made.root, made.node, made.sbom, *images):
            shutil.copyfile(path, carried / path.name)
        manifest.write(carried, made.version)
        _boot_partition(Path(folder), made, date, tools, run)
        _iso(Path(folder), work / f"trivet-{made.version}.iso", date, tools, run)


def _boot_partition(folder: Path, made: System, date: int, tools: Path, run: Run) -> None:
    """`folder/boot.img`: FAT with systemd-boot, whose one entry is the UKI that starts the installer."""
    shutil.copyfile(made.live, folder / "live.efi")
    (folder / "loader.conf").write_text(LOADER)
    size = made.live.stat().st_size // _MIB + 1 + _SPARE_MIB
    script = f"""set -e
cp /{SYSTEMD_BOOT} /tmp/work/systemd-boot.efi
find /tmp/work -maxdepth 1 -type f -exec touch -d @{date} {{}} +
truncate -s {size}M /tmp/work/boot.img
mkfs.fat -F 16 -i 54524956 --invariant -n {LABEL}_BOOT /tmp/work/boot.img >/dev/null
mmd -i /tmp/work/boot.img ::EFI ::EFI/BOOT ::EFI/Linux ::loader
mcopy -m -i /tmp/work/boot.img /tmp/work/systemd-boot.efi ::EFI/BOOT/BOOTX64.EFI
mcopy -m -i /tmp/work/boot.img /tmp/work/live.efi ::EFI/Linux/trivet-installer.efi
mcopy -m -i /tmp/work/boot.img /tmp/work/loader.conf ::loader/loader.conf
rm /tmp/work/live.efi /tmp/work/loader.conf /tmp/work/systemd-boot.efi
"""
    environment = {"SOURCE_DATE_EPOCH": str(date)}
    run_in(tools, ("sh", "-c", script), run, binds={folder: "/tmp/work"}, environment=environment)


def _iso(folder: Path, iso: Path, date: int, tools: Path, run: Run) -> None:
    """CD: El Torito names the boot partition. USB: the same bytes are a partition that firmware looks for."""
    argv = ["xorriso", "-as", "mkisofs", "-quiet", "-o", f"/tmp/out/{iso.name}", "-V", LABEL, "-r", "-J"]
    argv += ["-iso-level", "3", "-partition_offset", "16", "--set_all_file_dates", f"={date}"]
    argv += ["-append_partition", "2", "0xef", "/tmp/work/boot.img", "-appended_part_as_gpt"]
    argv += ["-e", "--interval:appended_partition_2:all::", "-no-emul-boot", "/tmp/work/content"]
    environment = {"SOURCE_DATE_EPOCH": str(date)}
    binds = {folder: "/tmp/work", iso.parent: "/tmp/out"}
    run_in(tools, argv, run, binds=binds, environment=environment, timeout_s=_ISO_TIMEOUT_S)
