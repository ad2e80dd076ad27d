"""Files as customers send them: pictures, PDFs, and what only looks like one."""

import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

CAMERA = "Camera of the tests"


def picture(width: int = 400, height: int = 300, kind: str = "JPEG", turned: bool = False) -> bytes:
    """With what a camera writes into it."""
    exif = Image.Exif()
    exif[0x010F] = CAMERA
    if turned:
        exif[0x0112] = 6
    out = BytesIO()
    mode = "P" if kind == "GIF" else "RGB"
    more = {} if kind == "GIF" else {"exif": exif}
    Image.new(mode, (width, height), 3 if kind == "GIF" else (180, 60, 20)).save(out, kind, **more)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is so large, in a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def document(text: str = "", pages: int = 1, password: str = "") -> bytes:
    """A PDF, whose first page says the text."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(300, 300)
    if text:
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page = writer.pages[0]
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        said = DecodedStreamObject()
        said.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(said)
    if password:
        writer.encrypt(password)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def uploaded(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    # What a browser says of it is not believed.
    return SimpleUploadedFile(name, content, "image/png")
