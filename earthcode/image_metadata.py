"""Takes out of a picture's file what nobody is meant to publish: where it was taken, by whom, with what. Pure.

Cameras write places (EXIF, GPS), names and previews (XMP, IPTC, comments) into pictures. What remains decides how the
picture looks: its pixels, untouched, its colour profile and its orientation.
"""

import re
import struct
import zlib
from io import BytesIO

from PIL import ExifTags, Image

EXIF = b"Exif\0\0"
_JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_PNG_KEPT = set(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs acTL fcTL fdAT".split()
)
_WEBP_KEPT = set(b"VP8X ICCP ANIM ANMF ALPH".split()) | {b"VP8 ", b"VP8L"}
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04
_GIF_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
# In the data of a JPEG's scan: a marker that is neither a stuffed byte nor a restart.
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def without_metadata(data: bytes) -> bytes:
    """`data`, a picture that Pillow can open, without metadata but for colour profile and orientation.

    JPEG, PNG, WebP and GIF keep their pixels as they are encoded; any other format, and a file whose parts do not
    follow its format, is encoded anew. What stands behind the end of the picture goes as well. Raises what Pillow
    raises for a file that it cannot open.
    """
    with Image.open(BytesIO(data)) as picture:
        format = "JPEG" if picture.format == "MPO" else str(picture.format)
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
        exif = _exif(orientation) if orientation in range(2, 9) else b""
        try:
            return _STRIPPED[format](data, exif)
        except (KeyError, IndexError, ValueError, struct.error):
            encoded = BytesIO()
            picture.load()
            profile = picture.info.get("icc_profile")
            picture.info = {}
            frames = {"save_all": True} if getattr(picture, "n_frames", 1) > 1 and format != "JPEG" else {}
            picture.save(encoded, format, quality=90, icc_profile=profile, exif=exif, **frames)
            return encoded.getvalue()


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return EXIF + exif.tobytes().removeprefix(EXIF)


def _jpeg(data: bytes, exif: bytes) -> bytes:
    """ITU T.81, B.1: segments, each a marker and its length, up to the end of the image."""
    kept = [data[:2]]
    if exif:
        kept.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    position = 2
    while True:
        if data[position] != 0xFF:
            raise ValueError("a marker is missing")
        while data[position + 1] == 0xFF:
            position += 1
        marker = data[position + 1]
        if marker == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        (length,) = struct.unpack_from(">H", data, position + 2)
        end = position + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a segment is cut short")
        is_metadata = 0xE0 <= marker <= 0xEF or marker == 0xFE
        says = data[position + 4 : position + 16]
        if not is_metadata or (marker in _JPEG_KEPT and says.startswith(_JPEG_KEPT[marker])):
            kept.append(data[position:end])
        if marker == 0xDA:
            following = _JPEG_MARKER.search(data, end)
            if following is None:
                raise ValueError("the image has no end")
            kept.append(data[end : following.start()])
            end = following.start()
        position = end


def _png(data: bytes, exif: bytes) -> bytes:
    """PNG, 5.3: chunks of a length, a name, the data and a checksum."""
    kept = [data[:8]]
    position = 8
    while True:
        length, name = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise ValueError("a chunk is cut short")
        if name == b"IDAT" and exif:
            body = b"eXIf" + exif.removeprefix(EXIF)
            kept.append(struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)))
            exif = b""
        if name in _PNG_KEPT:
            kept.append(data[position:end])
        if name == b"IEND":
            return b"".join(kept)
        position = end


def _webp(data: bytes, exif: bytes) -> bytes:
    """RIFF: chunks of a name, a length and the data, padded to even lengths."""
    position, end = 12, 8 + struct.unpack_from("<I", data, 4)[0]
    if end > len(data):
        raise ValueError("the file is cut short")
    kept = []
    while position < end:
        name, length = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + length]
        if name == b"VP8X":
            flags = body[0] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP) | (_WEBP_HAS_EXIF if exif else 0)
            body = bytes([flags]) + body[1:]
        if name in _WEBP_KEPT:
            kept.append(_chunk(name, body))
        position += 8 + length + length % 2
    if exif:
        kept.append(_chunk(b"EXIF", exif.removeprefix(EXIF)))
    whole = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _gif(data: bytes, exif: bytes) -> bytes:
    """GIF89a, appendix B: blocks up to the trailer; extensions begin with 21, images with 2C."""
    position = 13 + _colour_table(data[10])
    kept = [data[:position]]
    while data[position] != 0x3B:
        start = position
        if data[position] == 0x21:
            label, body = data[position + 1], data[position + 3 : position + 14]
            is_kept = label == 0xF9 or (label == 0xFF and body in _GIF_APPLICATIONS)
            position += 2
        elif data[position] == 0x2C:
            is_kept = True
            position += 11 + _colour_table(data[position + 9])
        else:
            raise ValueError("an unknown block")
        while data[position]:
            position += 1 + data[position]
        position += 1
        if is_kept:
            kept.append(data[start:position])
    return b"".join([*kept, b"\x3b"])


def _colour_table(flags: int) -> int:
    """Its length in bytes; 0 without one."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


_STRIPPED = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif}
