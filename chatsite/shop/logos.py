"""A logo as it was uploaded, made safe and small: a PNG and nothing else."""

from io import BytesIO
from typing import BinaryIO

from django.core.exceptions import ValidationError
from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST = 2 * 1024 * 1024  # bytes uploaded
MOST_PIXELS = 25_000_000
SIZE = 192  # pixels, of its longer side: a header is 24 px high, a phone has three for each
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def read(uploaded: BinaryIO, size: int) -> bytes:
    """Recognised by its content, and without metadata.

    Raises ValidationError.
    """
    if size > LARGEST:
        raise ValidationError("The logo is larger than 2 MB.")
    try:
        with Image.open(uploaded, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValidationError("The logo has more than 25 million pixels.")
            drawn = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise ValidationError("This is not a PNG, JPEG, WebP or GIF image.") from error
    except Image.DecompressionBombError as error:
        raise ValidationError("The logo has more than 25 million pixels.") from error
    drawn.thumbnail((SIZE, SIZE))
    # Pasted on an empty one, it has its pixels alone.
    clean = Image.new("RGBA", drawn.size)
    clean.paste(drawn)
    out = BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
