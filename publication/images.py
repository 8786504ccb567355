"""Pictures: judged by their content, made anew, and stored under a name of their own."""

import hashlib
from io import BytesIO
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.db.models.fields.files import ImageFieldFile
from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
LIMIT_BYTES = 5_000_000
LIMIT_PIXELS = 25_000_000
WIDEST, TALLEST = 1_200, 2_400
FEW_COLOURS = 256
JPEG_QUALITY = 85

WANTED = "Give a JPEG, PNG, WebP or GIF picture of at most 5 MB and 25 megapixels."
# What a file is that is no picture of ours, by what stands in its first bytes.
SIGNS = (
    (b"<svg", "an SVG drawing: save it as PNG"),
    (b"<html", "a web page"),
    (b"<!doctype html", "a web page"),
    (b"<?php", "a program"),
    (b"%pdf", "a PDF: save its page as PNG"),
    (b"ftypheic", "an HEIC photo: save it as JPEG"),
    (b"ftypavif", "an AVIF picture: save it as JPEG"),
    (b"ii*\0", "a TIFF picture: save it as JPEG"),
    (b"mm\0*", "a TIFF picture: save it as JPEG"),
)


class Picture(ContentFile):
    """A picture of our own making: its name is the hash of its content, and so never means another one."""

    def __init__(self, content: bytes, suffix: str) -> None:
        super().__init__(content, name=f"{hashlib.sha256(content).hexdigest()[:32]}.{suffix}")


def picture(file: File) -> Picture:
    """Return an uploaded file as a small JPEG or PNG without metadata.

    Raises ValidationError, which names the limits and what was found, for anything but a whole picture within them.
    """
    if file.size > LIMIT_BYTES:
        raise refused(f"is {file.size / 1_000_000:.0f} MB")
    file.seek(0)
    content = file.read()
    check_pixels(content)
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            return encoded(image)
    # Broken files make the decoders raise nearly anything.
    except Exception as error:
        raise refused("is damaged: it ends too early or cannot be read") from error


def refused(fault: str) -> ValidationError:
    """Return the error that says what is wrong with a file and what is wanted."""
    return ValidationError(f"This file {fault}. {WANTED}", code="invalid_image")


def check_pixels(content: bytes) -> None:
    """Refuse what is no picture, or one with too many pixels, before any of them is decoded."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
    except Image.DecompressionBombError as error:
        raise refused("has far more than 25 megapixels") from error
    except Exception as error:
        raise refused(f"is {found(content)}") from error
    if width * height > LIMIT_PIXELS:
        raise refused(f"has {width:,} × {height:,} pixels")


def found(content: bytes) -> str:
    """Say in words what a file is that is no picture."""
    head = content[:1_000].lower()
    return next((words for sign, words in SIGNS if sign in head), "no picture of a kind we know, or is damaged")


def encoded(image: Image.Image) -> Picture:
    """Return a decoded picture, its first frame, upright and no larger than we print it."""
    upright = plain(ImageOps.exif_transpose(image))
    drawn = upright.mode == "RGBA" or upright.getcolors(FEW_COLOURS) is not None
    upright.thumbnail((WIDEST, TALLEST), Image.Resampling.LANCZOS)
    # A fresh image carries none of the file's metadata.
    fresh = Image.new(upright.mode, upright.size)
    fresh.paste(upright)
    target = BytesIO()
    if drawn:
        fresh.save(target, "PNG", optimize=True)
        return Picture(target.getvalue(), "png")
    fresh.save(target, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    return Picture(target.getvalue(), "jpg")


def plain(image: Image.Image) -> Image.Image:
    """Return the picture with 8 bits a channel in sRGB: RGBA where something shows through, else RGB."""
    if image.mode.startswith("I"):
        # Sixteen bits of grey, which converting would cut off instead of scaling.
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        if clear.getchannel("A").getextrema() != (255, 255):
            return clear
    return in_srgb(image)


def in_srgb(image: Image.Image) -> Image.Image:
    """Return an opaque picture in the web's colours: its own profile goes with the metadata."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError):
            pass
    return image.convert("RGB")


class PictureStorage(FileSystemStorage):
    """The folder of pictures. The same name is the same picture, so nothing is stored twice.

    Nothing is ever deleted from it: another row may hold the same picture, and so may a letter that was mailed.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_overwrite": True, **kwargs})

    def _save(self, name: str, content: File) -> str:
        """Store a picture that is not there whole already."""
        if self.exists(name) and self.size(name) == content.size:
            return name
        return super()._save(name, content)  # type: ignore[misc]


class PictureFormField(forms.FileField):
    """An upload that must be a picture; gives the picture we print."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages["empty"] = f"This file is empty: 0 bytes. {WANTED}"

    def to_python(self, data: File | None) -> Picture | None:
        """Check the upload and make it anew; raise ValidationError with the reason."""
        upload = super().to_python(data)
        return picture(upload) if upload else None

    def widget_attrs(self, widget: forms.Widget) -> dict[str, str]:
        """Offer the right files; a telephone makes JPEG of its own kind by that."""
        kinds = {"accept": "image/jpeg,image/png,image/webp,image/gif"}
        return {**super().widget_attrs(widget), **kinds}


class PictureFile(ImageFieldFile):
    """The stored file of a PictureField."""

    def save(self, name: str, content: File, save: bool = True) -> None:
        """Store the picture that we make of the content, whatever door it comes in by; raise ValidationError."""
        made = content if isinstance(content, Picture) else picture(content)
        super().save(str(made.name), made, save)


class PictureField(models.ImageField):
    """A column for a picture, and its upload in forms."""

    attr_class = PictureFile

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"upload_to": "pictures/", **kwargs})

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """Edit with the field that checks and makes pictures anew."""
        return super().formfield(*args, **{"form_class": PictureFormField, **kwargs})
