"""Pictures for vision models: upright, small, bare; and who may not be sent any."""

import io
import struct
import zlib

import pytest
from PIL import Image

from slmdesk.base.errors import BadInput
from slmdesk.engines.base import Capabilities, ModelInfo
from slmdesk.features.documents.document import Picture
from slmdesk.features.documents.reading import DocumentReader
from slmdesk.features.documents.vision import vision_refusal
from tests.data.documents import picture


async def read(data: bytes) -> tuple[Picture, Image.Image]:
    found = await DocumentReader().read_bytes("photo", data)
    assert isinstance(found, Picture)
    image = Image.open(io.BytesIO(found.image.data))
    assert image.size == (found.width, found.height)
    assert image.get_format_mimetype() == found.image.mime
    return found, image


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    red, green, blue = pixel[:3]
    return bool(red > 200 and green < 60 and blue < 60)


@pytest.mark.parametrize(
    ("form", "mime"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/jpeg"),
        ("GIF", "image/png"),
        ("BMP", "image/png"),
    ],
)
async def test_every_form_is_taken(form: str, mime: str) -> None:
    found, image = await read(picture(form))
    assert found.image.mime == mime
    assert (found.width, found.height) == (40, 20)
    assert found.notes == ()
    assert is_red(image.getpixel((2, 10)))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
async def test_large_ones_are_shrunk(form: str) -> None:
    found, _ = await read(picture(form, (4000, 2000)))
    assert (found.width, found.height) == (1344, 672)
    assert found.notes == ("Shrunk to 1344 × 672 pixels, which is what models take.",)


async def test_a_photograph_is_turned_upright_and_its_metadata_dropped() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side: its left edge belongs to the top
    exif[0x010E] = "Taken at home"
    data = picture("JPEG", (400, 200), exif=exif)
    assert b"Taken at home" in data
    found, image = await read(data)
    assert (found.width, found.height) == (200, 400)
    assert is_red(image.getpixel((100, 20)))
    assert b"Taken at home" not in found.image.data
    assert not image.getexif()


async def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    _, image = await read(out.getvalue())
    assert image.getpixel((5, 5)) == (255, 255, 255)


async def test_sixteen_bits_are_not_clipped() -> None:
    out = io.BytesIO()
    Image.new("I;16", (10, 10), 128 * 256).save(out, "PNG")
    _, image = await read(out.getvalue())
    assert image.getpixel((5, 5)) == (128, 128, 128)


async def test_an_animation_gives_its_first_picture() -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    found, image = await read(out.getvalue())
    assert is_red(image.getpixel((5, 5)))
    assert found.notes == ("It moves; the first picture of it is sent.",)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


async def test_a_picture_that_unpacks_to_gigabytes_is_not_opened() -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10_000_000), 9)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")
    )
    with pytest.raises(BadInput, match="3600 megapixels"):
        await DocumentReader().read_bytes("bomb.png", bomb)


async def test_a_cut_picture_is_refused() -> None:
    with pytest.raises(BadInput, match="damaged"):
        await DocumentReader().read_bytes("a.png", picture("PNG", (400, 400))[:100])


@pytest.mark.parametrize(
    ("engine_can", "model_can", "word"),
    [
        (True, {"completion", "vision"}, ""),
        (True, set(), ""),
        (True, {"completion"}, "llama cannot look at pictures"),
        (False, {"vision"}, "engine cannot look at pictures"),
    ],
)
def test_models_without_eyes_are_refused_in_words(engine_can: bool, model_can: set[str], word: str) -> None:
    model = ModelInfo("ollama", "llama", capabilities=frozenset(model_can))
    sentence = vision_refusal(Capabilities(vision=engine_can), model)
    assert word in sentence
    assert bool(sentence) is bool(word)
