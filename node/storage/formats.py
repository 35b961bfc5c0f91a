"""Notes the format of an image beside it: what a guest wrote into a raw image can pass for any other format."""

from collections.abc import Iterator
from pathlib import Path

from node.api.messages.images import ImageFormat
from node.api.problems import Refused
from node.system.files import read_or_none, write_durable


class FormatUnknown(Refused):
    what = "Cannot say what image {image} is"
    why = "nothing notes its format, and its content may be a guest's"
    mend = "Make it again with the same id and format: what is there is kept then"


def file(image: Path) -> Path:
    return image.with_name(f"{image.name}.format")


def note(image: Path, form: ImageFormat) -> None:
    """Written before the image has its name, so that no image is without it."""
    write_durable(file(image), f"{form.value}\n")


def noted(image: Path) -> ImageFormat | None:
    """None for an image that nobody noted, of an earlier version for example."""
    text = (read_or_none(file(image)) or b"").decode(errors="replace").strip()
    return ImageFormat(text) if text in set(ImageFormat) else None


def all_noted(folder: Path) -> Iterator[tuple[Path, ImageFormat]]:
    """The images of a disk that are there, with their formats."""
    for note_file in sorted(folder.glob("*.format")):
        image = note_file.with_name(note_file.name.removesuffix(".format"))
        form = noted(image)
        if form is not None and image.exists():
            yield image, form
