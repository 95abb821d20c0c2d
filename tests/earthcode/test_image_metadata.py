"""Pictures lose what a camera wrote into them, and look as before."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from earthcode.image_metadata import without_metadata

SECRET = "Jane Doe, 41.8268 N"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation=1):
    found = Image.Exif()
    found[ExifTags.Base.Orientation] = orientation
    found[ExifTags.Base.Artist] = SECRET
    found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (41.0, 49.0, 36.5)
    return found.tobytes()


def drawing(mode="RGB", size=(40, 30)):
    picture = Image.new(mode, size)
    ImageDraw.Draw(picture).ellipse((3, 3, 30, 20), fill=200 if mode in ("L", "P") else "orange")
    return picture


def saved(format, picture=None, **options):
    file = BytesIO()
    (picture or drawing()).save(file, format, **options)
    return file.getvalue()


def text_chunks():
    info = PngInfo()
    info.add_text("Author", SECRET)
    info.add_itxt("XML:com.adobe.xmp", SECRET)
    return info


XMP = f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()
WITH_METADATA = {
    "JPEG": {"exif": exif(6), "comment": SECRET, "xmp": XMP, "icc_profile": PROFILE},
    "progressive JPEG": {"exif": exif(6), "comment": SECRET, "icc_profile": PROFILE, "progressive": True},
    "PNG": {"exif": exif(6), "pnginfo": text_chunks(), "icc_profile": PROFILE},
    "WEBP": {"exif": exif(6), "xmp": XMP, "icc_profile": PROFILE},
    "lossless WEBP": {"exif": exif(6), "xmp": XMP, "icc_profile": PROFILE, "lossless": True},
    "AVIF": {"exif": exif(6), "xmp": XMP, "icc_profile": PROFILE},
    "GIF": {"comment": SECRET},
}


@pytest.mark.parametrize("kind", WITH_METADATA)
def test_only_profile_and_orientation_stay(kind):
    data = saved(kind.split()[-1], **WITH_METADATA[kind])
    assert SECRET.encode() in data
    stripped = without_metadata(data)
    assert SECRET.encode() not in stripped
    with Image.open(BytesIO(stripped)) as after:
        after.load()
        assert after.format == kind.split()[-1]
        if kind != "GIF":
            assert dict(after.getexif()) == {ExifTags.Base.Orientation: 6}
            assert after.getexif().get_ifd(ExifTags.IFD.GPSInfo) == {}
            assert after.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("kind", [kind for kind in WITH_METADATA if kind != "AVIF"])
def test_no_pixel_changes(kind):
    data = saved(kind.split()[-1], **WITH_METADATA[kind])
    assert pixels(without_metadata(data)) == pixels(data)


def pixels(data):
    with Image.open(BytesIO(data)) as picture:
        return [
            (picture.convert("RGBA").tobytes(), picture.info.get("duration"))
            for number in range(getattr(picture, "n_frames", 1))
            if picture.seek(number) is None
        ]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_animations_go_on(format):
    frames = [drawing(), drawing().rotate(90), drawing().rotate(180)]
    data = saved(format, frames[0], save_all=True, append_images=frames[1:], duration=80, loop=0)
    stripped = without_metadata(data)
    assert pixels(stripped) == pixels(data)
    with Image.open(BytesIO(stripped)) as after:
        assert (after.n_frames, after.info.get("loop")) == (3, 0)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_what_stands_behind_the_picture_goes(format):
    """Such as the film of a “live” photograph, or the large original behind a small one."""
    assert SECRET.encode() not in without_metadata(saved(format) + SECRET.encode())


def test_the_other_pictures_of_a_stereo_photograph_go():
    data = saved("MPO", save_all=True, append_images=[drawing(size=(80, 60))], exif=exif())
    stripped = without_metadata(data)
    with Image.open(BytesIO(stripped)) as after:
        assert (after.format, after.size) == ("JPEG", (40, 30))
    assert SECRET.encode() not in stripped


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_jpegs_of_other_colours_look_as_before(mode):
    data = saved("JPEG", drawing().convert(mode), exif=exif(), icc_profile=PROFILE)
    assert pixels(without_metadata(data)) == pixels(data)


def test_a_file_whose_parts_do_not_follow_its_format_is_encoded_anew():
    """Pillow forgives what stands between two segments."""
    data = saved("JPEG", exif=exif(3))
    end = 4 + int.from_bytes(data[4:6])
    odd = data[:end] + b"\0\0" + data[end:]
    with Image.open(BytesIO(odd)) as picture:
        picture.load()
    stripped = without_metadata(odd)
    assert SECRET.encode() not in stripped
    with Image.open(BytesIO(stripped)) as after:
        assert (after.size, dict(after.getexif())) == ((40, 30), {ExifTags.Base.Orientation: 3})


def test_doing_it_again_changes_nothing():
    for kind, options in WITH_METADATA.items():
        if kind != "AVIF":
            once = without_metadata(saved(kind.split()[-1], **options))
            assert without_metadata(once) == once, kind


@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), st.data())
def test_damaged_files_raise_nothing_but_what_pillow_raises(format, data):
    whole = bytearray(saved(format, **WITH_METADATA[format]))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(12, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(whole[: data.draw(st.integers(20, len(whole)))])
    try:
        stripped = without_metadata(damaged)
    except (OSError, SyntaxError, ValueError, EOFError):
        return
    with Image.open(BytesIO(stripped)) as after:
        assert after.format == format
