"""The file by which manage.py finds the running demo."""

import pytest

from config.programs import CannotRun
from config.running import RunningFile, environment_of_running

ODD = {"SITE_URL": "http://127.0.0.1:8000", "MEDIA_ROOT": r"/a b/it's \n #1 $HOME ${X}", "EMPTY": ""}


def test_is_read_as_it_was_written_while_the_launcher_lives(tmp_path):
    with RunningFile(tmp_path / "env") as running:
        running.write(ODD)
        assert environment_of_running(tmp_path / "env") == ODD


def test_a_second_writing_replaces_the_first(tmp_path):
    with RunningFile(tmp_path / "env") as running:
        running.write(ODD)
        running.write({"SITE_URL": "http://127.0.0.1:1"})
        assert environment_of_running(tmp_path / "env") == {"SITE_URL": "http://127.0.0.1:1"}


def test_is_for_its_owner_only(tmp_path):
    with RunningFile(tmp_path / "env"):
        assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_goes_with_the_launcher(tmp_path):
    with RunningFile(tmp_path / "env") as running:
        running.write(ODD)
    assert not (tmp_path / "env").exists()
    assert environment_of_running(tmp_path / "env") == {}


def test_one_left_by_a_killed_launcher_is_ignored_and_taken_over(tmp_path):
    (tmp_path / "env").write_text("SITE_URL=http://127.0.0.1:1\n")
    assert environment_of_running(tmp_path / "env") == {}
    with RunningFile(tmp_path / "env") as running:
        running.write(ODD)
        assert environment_of_running(tmp_path / "env") == ODD


def test_a_second_launcher_is_told_where_the_first_runs(tmp_path):
    with RunningFile(tmp_path / "env") as running:
        with pytest.raises(CannotRun, match="just starting"):
            RunningFile(tmp_path / "env")
        running.write(ODD)
        with pytest.raises(CannotRun, match=r"already runs at http://127\.0\.0\.1:8000/"):
            RunningFile(tmp_path / "env")
