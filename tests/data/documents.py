"""Real files of every kind that can be attached, made in memory, and hostile ones."""

import io
import random
import zipfile

import docx
import openpyxl
from PIL import Image
from pypdf import PdfReader, PdfWriter

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def _pdf_file(objects: list[bytes]) -> bytes:
    """Objects 1, 2, … with their table of places; the first is the root."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def _stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), more, content)


def _pdf(contents: list[bytes], resources: bytes) -> bytes:
    """A page for each content stream; objects 3 and 4 are the font and the picture."""
    first = 5
    kids = b" ".join(b"%d 0 R" % (first + 2 * index) for index in range(len(contents)))
    picture = _stream(
        b"\x80" * 100,
        b"/Type /XObject /Subtype /Image /Width 10 /Height 10 /BitsPerComponent 8 /ColorSpace /DeviceGray",
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(contents)),
        _FONT,
        picture,
    ]
    for index, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << %s >> /Contents %d 0 R >>"
            % (resources, first + 2 * index + 1)
        )
        objects.append(_stream(content))
    return _pdf_file(objects)


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text a page; "" makes an empty one."""
    contents = [
        b"BT /F1 12 Tf 72 720 Td (%s) Tj ET" % page.encode("latin-1") if page else b"" for page in pages
    ]
    return _pdf(contents, b"/Font << /F1 3 0 R >>")


def scanned_pdf() -> bytes:
    """Two pages that are pictures."""
    return _pdf([b"q 612 0 0 792 0 0 cm /Im0 Do Q"] * 2, b"/XObject << /Im0 4 0 R >>")


def endless_pdf() -> bytes:
    """A small file whose page draws itself over and over: years of work for a reader that believes it."""
    forms = [_form(7 + depth) for depth in range(40)]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R %s >>" % _form_resources(6),
        _stream(b"/X Do " * 10),
        _FONT,
        *forms,
    ]
    return _pdf_file(objects)


def _form(next_number: int) -> bytes:
    head = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + _form_resources(next_number)
    return _stream(b"/X Do " * 10, head)


def _form_resources(number: int) -> bytes:
    return b"/Resources << /XObject << /X %d 0 R >> >>" % number


def locked_pdf(user_password: str) -> bytes:
    """Encrypted; without a password for the user it only forbids to print."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("The secret is 42."))))
    writer.encrypt(user_password, "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word() -> bytes:
    """Headings, paragraphs, a list and a table between them, and a picture."""
    document = docx.Document()
    document.add_heading("Annual report", 0)
    document.add_heading("Sales", 2)
    document.add_paragraph("Sales rose by 7 %.")
    document.add_paragraph("North", style="List Bullet")
    table = document.add_table(2, 2)
    for place, text in zip([(0, 0), (0, 1), (1, 0), (1, 1)], ["Year", "Sum", "2025", "12|5"], strict=True):
        table.cell(*place).text = text
    document.add_paragraph("After the table.")
    document.add_picture(io.BytesIO(picture("PNG", (8, 8))))
    return _saved(document)


def excel() -> bytes:
    """Two sheets with values, one of them hidden, and one that is empty."""
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Prices"
    first.append(["Name", "Price", None])
    first.append(["Bread, white", 2.5])
    book.create_sheet("Empty")
    secret = book.create_sheet("Secret")
    secret.append(["hidden value"])
    secret.sheet_state = "hidden"
    return _saved(book)


def _saved(file: object) -> bytes:
    out = io.BytesIO()
    file.save(out)  # type: ignore[attr-defined] # both kinds of documents have it
    return out.getvalue()


def picture(form: str, size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def bomb(part: str, size_bytes: int) -> bytes:
    """An archive whose `part` unpacks to so many zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(part, "w") as file:
        for _ in range(size_bytes // 1_000_000):
            file.write(bytes(1_000_000))
    return out.getvalue()


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    """The archive with another content of one part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return out.getvalue()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, doubled, or gone; for an archive at times inside one of its parts."""
    if data.startswith(b"PK") and rng.random() < 0.6:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            part = rng.choice(archive.namelist())
            return repacked(data, part, _shaken(archive.read(part), rng))
    return _shaken(data, rng)


def _shaken(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        place = rng.randrange(len(changed)) if changed else 0
        kind = rng.randrange(4)
        if kind == 0 and changed:
            changed[place] = rng.randrange(256)
        elif kind == 1:
            changed[place : place + rng.randint(1, 40)] = b""
        elif kind == 2:
            changed[place:place] = changed[place : place + rng.randint(1, 200)]
        else:
            changed[place : place + 4] = rng.choice([b"-1  ", b"9999", b"\xff\xff\xff\xff", b"<<[(", b"0 R "])
    return bytes(changed)
