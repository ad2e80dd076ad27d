"""An image made anew from its pixels: nothing of what a camera wrote into it stays. Pure."""

import threading
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

# As Pillow names them, told by content; a telephone's JPEG may say MPO.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# Pixels of its longer side, which is as much as any model looks at.
SIZE = 2048
QUALITY = 85
# Bytes from which a drawing without transparency is stored as a photograph.
LARGE_PNG = 1024 * 1024
# An image of 50 million pixels takes 200 MB while it is read: one at a time in a process.
_one_at_a_time = threading.Lock()


class Unreadable(Exception):
    """No image of these formats, or a damaged one."""


class TooManyPixels(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    content_type: str
    width: int
    height: int


def clean(content: bytes, most_pixels: int) -> Picture:
    """The first frame, upright. Raises Unreadable, TooManyPixels."""
    with _one_at_a_time:
        try:
            return _drawn(content, most_pixels)
        except Image.DecompressionBombError as error:
            raise TooManyPixels from error
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
            raise Unreadable from error


def _drawn(content: bytes, most_pixels: int) -> Picture:
    with Image.open(BytesIO(content), formats=FORMATS) as image:
        if image.width * image.height > most_pixels:
            raise TooManyPixels
        is_photograph = image.format in {"JPEG", "MPO", "WEBP"}
        # A JPEG is read at a fraction of its size where that is enough.
        image.draft("RGB", (SIZE, SIZE))
        image.thumbnail((SIZE, SIZE))
        drawn = ImageOps.exif_transpose(image)
        is_opaque = not drawn.has_transparency_data
        drawn = drawn.convert("RGB" if is_opaque else "RGBA")
    # Pasted on an empty one, it has its pixels alone.
    bare = Image.new(drawn.mode, drawn.size)
    bare.paste(drawn)
    if not (is_photograph and is_opaque):
        written = _written(bare, "PNG", optimize=True)
        if not is_opaque or len(written) <= LARGE_PNG:
            return Picture(written, "image/png", *bare.size)
    return Picture(_written(bare, "JPEG", quality=QUALITY), "image/jpeg", *bare.size)


def _written(image: Image.Image, kind: str, **options: bool | int) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
