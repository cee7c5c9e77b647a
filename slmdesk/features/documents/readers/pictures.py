"""Pictures made ready for a vision model: upright, small enough, without metadata."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

from slmdesk.base.errors import BadInput
from slmdesk.base.words import say
from slmdesk.features.documents.document import Pixels
from slmdesk.features.documents.limits import MAX_PIXELS

# Vision models of today cut a picture into tiles and take at most about this many pixels a side.
MAX_SIDE = 1344
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_MAX_PNG_BYTES = 1_500_000
_JPEG_QUALITY = 90


def read(name: str, data: bytes) -> Pixels:
    """PNG for what was drawn, JPEG for photographs; raises BadInput for what is no picture or a giant."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit is lower and is said in our own words
    try:
        original = Image.open(io.BytesIO(data), formats=_FORMATS)
        width, height = original.size
        if width * height > MAX_PIXELS:
            raise BadInput(
                say(
                    "“{name}” has {size:.0f} megapixels; more than {most:.0f} are not opened.",
                    name=name,
                    size=width * height / 1e6,
                    most=MAX_PIXELS / 1e6,
                ),
                next_step=say("Save a smaller copy and attach that."),
            )
        picture = _made_ready(original)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise BadInput(
            say("“{name}” is damaged, or not a picture that can be read.", name=name),
            next_step=say("Save it once more as PNG or JPEG and attach that."),
        ) from error
    encoded, mime = _encoded(picture, is_photograph=original.format in {"JPEG", "WEBP"})
    is_moving = getattr(original, "is_animated", False)
    notes = _notes(picture.size, is_shrunk=max(width, height) > MAX_SIDE, is_moving=is_moving)
    return Pixels(encoded, mime, *picture.size, notes)


def _made_ready(original: Image.Image) -> Image.Image:
    """The first frame, turned as its EXIF says, shrunk, on white where it was transparent."""
    original.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE))  # a JPEG is decoded at a fraction of its size
    picture = ImageOps.exif_transpose(original)
    if picture.mode.startswith("I"):  # 16 bits a pixel, which a conversion would clip to white
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture.thumbnail((MAX_SIDE, MAX_SIDE))
        ground = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(ground, picture).convert("RGB")
    picture = picture.convert("RGB")
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    return picture


def _encoded(picture: Image.Image, *, is_photograph: bool) -> tuple[bytes, str]:
    picture.info.clear()  # some of it would be written again
    if not is_photograph:
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        if out.tell() <= _MAX_PNG_BYTES:
            return out.getvalue(), "image/png"
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue(), "image/jpeg"


def _notes(size: tuple[int, int], *, is_shrunk: bool, is_moving: bool) -> tuple[str, ...]:
    shrunk = (
        say("Shrunk to {width} × {height} pixels, which is what models take.", width=size[0], height=size[1])
        if is_shrunk
        else ""
    )
    moving = say("It moves; the first picture of it is sent.") if is_moving else ""
    return tuple(filter(None, (shrunk, moving)))
