"""The command that imports files."""

import io
import shutil

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from bulletins.models import Bulletin
from tests.bulletins.importing.printed import SAMPLES, real
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


def imported(*files, **options) -> str:
    out = io.StringIO()
    call_command("import_bulletin", *files, stdout=out, **options)
    return out.getvalue()


def test_prints_what_was_read_and_what_was_odd():
    printed = imported(SAMPLES / "sections.txt")
    for line in (
        "  “Example Learning May 2024 e-bulletin”",
        "  Robin Ashdown, Example Learning Bulletin Director; 6 May 2024; 7 minutes; 3 quotations",
        "  section “Podcasts” (podcasts), 6 list entries",
        "      event: 9 May 2024 15:45, Keeping a Class Calm in Summer",
        "      1. Swimming lessons in the county",
        "  8 findings, for you to check:",
        "      line 61: a stray “)” in “… on the 20th of May) with the theme ‘slow …”.",
        "  stored as 2024/may.",
        "  draft; archive only: it will never be mailed.",
    ):
        assert f"{line}\n" in printed


def test_imports_several_files_and_the_same_again_changes_nothing():
    files = [SAMPLES / name for name in ("contents.txt", "sections.txt", "wrapped.txt")]
    imported(*files)
    before = list(Bulletin.objects.values())
    assert imported(*files).count("unchanged: this text is stored as 2024/") == 3
    assert list(Bulletin.objects.values()) == before


def test_a_refused_file_does_not_keep_the_others_out(tmp_path):
    empty, large = tmp_path / "empty.txt", tmp_path / "large.txt"
    empty.touch()
    large.write_bytes(b"a" * 2_000_000)
    with pytest.raises(CommandError) as refused:
        imported(SAMPLES / "contents.txt", empty, large, tmp_path / "absent.txt", SAMPLES / "sections.txt")
    sentences = str(refused.value).split("\n")
    assert sentences[0] == f"{empty} was not imported: it is empty: give the plain text of one bulletin."
    assert [str(tmp_path) in sentence for sentence in sentences] == [True, True, True]
    assert refused.value.returncode == 1
    assert set(Bulletin.objects.values_list("slug", flat=True)) == {"april", "may"}


def test_another_text_for_a_stored_month_is_refused(tmp_path):
    changed = tmp_path / "changed.txt"
    changed.write_text((SAMPLES / "contents.txt").read_text().replace("forty towns", "fifty towns"))
    imported(SAMPLES / "contents.txt")
    with pytest.raises(CommandError, match=r"changed\.txt was not imported: 2024/april is already"):
        imported(changed)
    assert Bulletin.objects.count() == 1


def test_approves_in_a_persons_name():
    make_staff("alice", "approve_bulletin")
    printed = imported(SAMPLES / "contents.txt", approve_as="alice")
    assert "  approved now.\n  approved; archive only: it will never be mailed.\n" in printed
    assert Bulletin.objects.get().approvals.get().by.username == "alice"


def test_approves_a_stored_draft():
    make_staff("alice", "approve_bulletin")
    imported(SAMPLES / "contents.txt")
    printed = imported(SAMPLES / "contents.txt", approve_as="alice")
    assert "unchanged: this text is stored as 2024/april already.\n  approved now.\n" in printed


@pytest.mark.parametrize("username", ["nobody", "bob", "carol", "dave"])
def test_only_staff_with_the_permission_approve(username):
    make_staff("bob")
    make_staff("carol", "approve_bulletin")
    make_staff("dave", "approve_bulletin")
    get_user_model().objects.filter(username="carol").update(is_active=False)
    get_user_model().objects.filter(username="dave").update(is_staff=False)
    with pytest.raises(CommandError, match=f"“{username}”"):
        imported(SAMPLES / "contents.txt", approve_as=username)
    assert not Bulletin.objects.exists()


def test_a_file_name_that_no_terminal_can_print(tmp_path):
    odd = tmp_path / "issue\n\udcff.txt"
    shutil.copy(SAMPLES / "contents.txt", odd)
    assert "issue??.txt\n" in imported(odd)
    assert Bulletin.objects.get().provenance == "imported from issue??.txt"


@pytest.mark.parametrize("month", ["february", "march"])
def test_the_real_files(month):
    printed = imported(real(f"{month}-2024.txt"))
    assert f"stored as 2024/{month}." in printed
    assert "draft; archive only: it will never be mailed." in printed
