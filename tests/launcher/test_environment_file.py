"""The generated settings of a developer's machine."""

from pathlib import Path

from launcher.environment import (
    local_defaults,
    read_env_file,
    sqlite_url,
    write_env_file,
)
from launcher.folders import LONGEST_SOCKET_FOLDER, Folders


def defaults(folder: Path, *, port: int) -> dict[str, str]:
    return local_defaults(
        database_url=sqlite_url(folder / "db.sqlite3"),
        redis_url="unix:///run/valkey.sock?db=0",
        public_base_url=f"http://localhost:{port}",
        static_folder=folder,
    )


def test_secrets_are_made_once_and_addresses_follow_each_start(tmp_path: Path) -> None:
    path = tmp_path / "env"
    first = write_env_file(path, defaults=defaults(tmp_path, port=8000))
    second = write_env_file(path, defaults=defaults(tmp_path, port=9000))
    assert len(first["SECRET_KEY"]) >= 50
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert first["FIELD_ENCRYPTION_KEYS"] == second["FIELD_ENCRYPTION_KEYS"]
    assert second["PUBLIC_BASE_URL"] == "http://localhost:9000"
    assert read_env_file(path) == second


def test_two_folders_have_different_secrets(tmp_path: Path) -> None:
    made = [
        write_env_file(tmp_path / name, defaults=defaults(tmp_path, port=8000))
        for name in ("one", "two")
    ]
    assert made[0]["SECRET_KEY"] != made[1]["SECRET_KEY"]
    assert made[0]["FIELD_ENCRYPTION_KEYS"] != made[1]["FIELD_ENCRYPTION_KEYS"]


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "env"
    write_env_file(path, defaults=defaults(tmp_path, port=8000))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_long_or_odd_path_does_not_break_the_sockets(tmp_path: Path) -> None:
    for name in ("x" * 100, "with space"):
        folders = Folders(tmp_path / name)
        assert len(str(folders.sockets)) <= LONGEST_SOCKET_FOLDER
        assert " " not in str(folders.sockets)
        assert folders.sockets == Folders(tmp_path / name).sockets
