"""Pictures: what is refused and in which words, what is made of the rest, and how it is served."""

import warnings
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from bulletins.composition import compose
from bulletins.models import Bulletin, NewsItem
from publication.images import PictureFormField, picture
from tests.factories import make_author, make_bulletin, make_item

ORIENTATION, MAKER = 0x0112, 0x010F
RED, BLUE = (200, 30, 40), (20, 40, 200)


def photo(size=(300, 200), mode="RGB") -> Image.Image:
    """Something with more colours than a drawing has: red on the left, blue on the right, and all between."""
    left, right = Image.new("RGB", size, RED), Image.new("RGB", size, BLUE)
    down = Image.linear_gradient("L").resize(size)
    red, _, blue = Image.composite(right, left, Image.linear_gradient("L").rotate(90).resize(size)).split()
    return Image.merge("RGB", (red, down.point(lambda value: 20 + value // 8), blue)).convert(mode)


def written(image: Image.Image, kind: str, **options) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def upload(content: bytes, name: str = "picture.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def made_of(content: bytes) -> Image.Image:
    made = picture(ContentFile(content))
    image = Image.open(made)
    assert image.format == ("PNG" if made.name.endswith(".png") else "JPEG")
    return image


def near(pixel, colour) -> bool:
    return all(abs(ours - theirs) < 40 for ours, theirs in zip(pixel, colour, strict=False))


def refusal(content: bytes, name: str = "picture.jpg") -> str:
    with pytest.raises(ValidationError) as refused:
        PictureFormField().clean(upload(content, name))
    return " ".join(refused.value.messages)


def colours_of_the_ends(image: Image.Image) -> tuple[bool, bool]:
    image = image.convert("RGB")
    return near(image.getpixel((2, 50)), RED), near(image.getpixel((image.width - 3, 50)), BLUE)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (written(photo(), "JPEG"), "JPEG"),
        (written(photo(), "PNG"), "JPEG"),
        (written(photo(), "WEBP"), "JPEG"),
        (written(photo(mode="CMYK"), "JPEG"), "JPEG"),
        (written(photo(), "MPO", save_all=True, append_images=[photo()]), "JPEG"),
        (written(photo().quantize(64), "PNG"), "PNG"),
        (written(photo(), "GIF"), "PNG"),
        (written(photo(), "GIF", save_all=True, append_images=[Image.new("RGB", (300, 200), "green")]), "PNG"),
    ],
    ids=["jpeg", "png", "webp", "cmyk", "mpo", "palette", "gif", "moving gif"],
)
def test_a_picture_is_made_anew_in_a_kind_that_every_mail_program_shows(content, kind):
    image = made_of(content)
    assert (image.format, image.size, getattr(image, "n_frames", 1)) == (kind, (300, 200), 1)
    assert colours_of_the_ends(image) == (True, True)


def test_what_shows_through_goes_on_showing_through():
    faded = photo(mode="RGBA")
    faded.putalpha(Image.linear_gradient("L").resize(faded.size))
    for kind in ("PNG", "WEBP"):
        image = made_of(written(faded, kind))
        assert (image.format, image.mode) == ("PNG", "RGBA")
        assert image.getpixel((5, 0))[3] < 10 < 240 < image.getpixel((5, 199))[3]


def test_transparency_that_nobody_sees_is_no_reason_for_a_big_file():
    assert made_of(written(photo(mode="RGBA"), "PNG")).format == "JPEG"


def test_sixteen_bits_of_grey_keep_their_shades():
    deep = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")
    image = made_of(written(deep, "PNG")).convert("L")
    assert [round(image.getpixel((9, y)) / 32) for y in (0, 64, 128, 192, 255)] == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_turned_photo_stands_upright_and_tells_nothing_of_its_maker(kind):
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Example Cameras"
    # Oriented 6, what is stored on the left is shown on top.
    content = written(photo(), kind, exif=exif)
    assert b"Example Cameras" in content
    made = picture(ContentFile(content))
    image = Image.open(made).convert("RGB")
    assert image.size == (200, 300)
    assert near(image.getpixel((100, 2)), RED) and near(image.getpixel((100, 297)), BLUE)
    made.seek(0)
    assert b"Example Cameras" not in made.read()
    assert not Image.open(made).getexif()


def test_comments_and_colour_profiles_are_dropped():
    words = PngInfo()
    words.add_text("Author", "Robin Example at home")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = made_of(written(photo(), "PNG", pnginfo=words, icc_profile=profile))
    assert {"Author", "icc_profile", "exif", "comment"}.isdisjoint(image.info)
    assert colours_of_the_ends(image) == (True, True)


def test_a_profile_that_cannot_be_read_does_no_harm():
    assert colours_of_the_ends(made_of(written(photo(), "JPEG", icc_profile=b"no profile"))) == (True, True)


@pytest.mark.parametrize(
    ("size", "made"), [((3000, 1500), (1200, 600)), ((1200, 90), (1200, 90)), ((2, 9000), (1, 2400))]
)
def test_it_is_no_larger_than_it_is_printed(size, made):
    assert made_of(written(photo(size), "PNG")).size == made


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "is an SVG drawing"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "is a web page"),
        (b"<?php system($_GET['c']);", "is a program"),
        (b"\xff\xd8\xff\xe0 and then nothing of a JPEG", "damaged"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "is an HEIC photo"),
        (b"II*\x00\x08\x00", "is a TIFF picture"),
        (written(photo(), "BMP"), "is no picture of a kind we know"),
        (half(written(photo(), "JPEG")), "damaged"),
        (half(written(photo(), "PNG")), "damaged"),
        (half(written(photo((800, 800)), "WEBP")), "damaged"),
        (half(written(photo(), "GIF")), "damaged"),
        (b"\xff" * 20_000_000, "is 20 MB"),
    ],
    ids=["svg", "html", "php", "magic", "heic", "tiff", "bmp", "jpeg", "png", "webp", "gif", "large"],
)
@pytest.mark.parametrize("name", ["x.jpg", "x.php.jpg", "x.svg", "x.html"])
def test_anything_else_is_refused_in_words_whatever_its_name(content, words, name):
    said = refusal(content, name)
    assert words in said
    assert "Give a JPEG, PNG, WebP or GIF picture of at most 5 MB and 25 megapixels." in said


def test_an_empty_file_is_refused_in_words():
    assert "0 bytes" in refusal(b"")


@pytest.mark.parametrize(("side", "words"), [(12_000, "has 12,000 × 12,000 pixels"), (20_000, "more than 25 mega")])
def test_a_bomb_is_refused_before_it_goes_off(side, words, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        content = written(Image.new("1", (side, side)), "PNG")
        assert len(content) < 100_000
        monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
        monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("decoded"))
        assert words in refusal(content)


@pytest.mark.django_db
def test_it_is_stored_under_the_name_of_its_content_with_its_size():
    content = written(photo((2400, 800)), "JPEG")
    first = make_item(make_bulletin(), image=ContentFile(content, "Robin's house.jpg"), image_alt="A house.")
    second = make_author(name="Robin Example", photo=ContentFile(content, "../../x.php"))
    item = NewsItem.objects.get(pk=first.pk)
    assert (item.image_width, item.image_height) == (1200, 400)
    assert (second.photo_width, second.photo_height) == (1200, 400)
    assert item.image.name == second.photo.name == f"pictures/{picture(ContentFile(content)).name}"


@pytest.mark.django_db
def test_a_file_that_is_no_picture_comes_in_by_no_door():
    with pytest.raises(ValidationError):
        make_author(name="Robin Example", photo=ContentFile(b"<svg/>", "x.svg"))


@pytest.mark.django_db
def test_a_picture_that_was_taken_out_stays_for_those_who_still_show_it(client):
    content = written(photo(), "JPEG")
    item = make_item(make_bulletin(), image=ContentFile(content, "x.jpg"), image_alt="A house.")
    address = item.image.url
    item.image = ContentFile(written(photo((90, 90)), "JPEG"), "y.jpg")
    item.save()
    assert item.image.url != address
    item.image = ""
    item.save()
    assert NewsItem.objects.get(pk=item.pk).image_width is None
    item.delete()
    assert client.get(address).status_code == 200


@pytest.mark.django_db
def test_it_is_served_for_ever_and_can_do_nothing(client):
    address = make_author(name="Robin Example", photo=ContentFile(written(photo(), "JPEG"), "x.jpg")).photo.url
    response = client.get(address)
    assert Image.open(BytesIO(b"".join(response.streaming_content))).size == (300, 200)
    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert client.head(address)["Content-Length"] == response["Content-Length"]
    assert client.post(address).status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["", "pictures/", f"pictures/{'0' * 32}.jpg", "pictures/../x.jpg", "pictures/%2e%2e/x.jpg", "pictures/x.svg"],
)
def test_there_is_nothing_else_to_be_had(client, name):
    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.django_db
def test_an_issue_knows_its_pictures_with_their_sizes():
    content = written(photo(), "JPEG")
    author = make_author(name="Robin Example", photo=ContentFile(content, "x.jpg"))
    bulletin = make_bulletin(author=author)
    item = make_item(bulletin, image=ContentFile(content, "y.jpg"), image_alt="A house.")
    before = compose(bulletin)
    assert (before.photo, before.photo_width, before.photo_height) == (author.photo.url, 300, 200)
    block = before.sections[0].items[1]
    assert (block.image, block.image_width, block.image_height) == (item.image.url, 300, 200)
    assert before.sections[0].items[0].image_width is None
    item.image = ContentFile(written(photo((90, 90)), "JPEG"), "z.jpg")
    item.save()
    # Another picture is another issue to be approved.
    assert compose(Bulletin.objects.get()).fingerprint() != before.fingerprint()
