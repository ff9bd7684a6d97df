"""Where the embedded server may live: read permissions, socket paths, moved and copied clones."""

import os
import stat
from pathlib import Path

import pytest

from credit_city.embedded import place as places

ROOT, ALICE, STAFF, POSTGRES = 0, 1000, 50, 101


def status(mode: int, uid: int = ROOT, gid: int = ROOT) -> os.stat_result:
    return os.stat_result((stat.S_IFDIR | mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("mode", "owner", "group", "wanted", "expected"),
    [
        (0o755, ROOT, ROOT, 1, True),
        (0o700, ROOT, ROOT, 1, False),
        (0o700, POSTGRES, ROOT, 1, True),
        (0o710, ROOT, STAFF, 1, True),
        (0o750, ROOT, STAFF, 4, True),
        (0o750, ROOT, STAFF, 2, False),
        # The owner's own bits count, even where everybody else may.
        (0o077, POSTGRES, ROOT, 1, False),
        # So do the group's.
        (0o701, ROOT, STAFF, 1, False),
    ],
)
def test_permission_bits_are_read_as_the_kernel_reads_them(mode, owner, group, wanted, expected):
    found = places.permitted(status(mode, owner, group), wanted, uid=POSTGRES, groups=frozenset({STAFF}))
    assert found is expected


def test_root_passes_everywhere():
    assert places.permitted(status(0), 7, uid=ROOT, groups=frozenset())


@pytest.mark.parametrize(
    ("closed", "expected"), [(None, True), ("/home", False), ("/home/alice/clone/var", False), ("/", False)]
)
def test_one_closed_folder_on_the_way_makes_a_path_unreachable(closed, expected):
    def folders(path: Path) -> os.stat_result:
        return status(0o700 if str(path) == closed else 0o755)

    path = Path("/home/alice/clone/var")
    assert places.reachable(path, uid=POSTGRES, groups=frozenset({POSTGRES}), status=folders) is expected


def test_a_missing_path_is_not_reachable(tmp_path):
    assert not places.reachable(tmp_path / "missing", uid=ALICE, groups=frozenset())


def test_the_limit_of_a_socket_path_counts_bytes_not_characters():
    # "/" + name + "/.s.PGSQL.5432" must keep within 103 bytes.
    assert places.socket_fits(Path("/" + "a" * 88))
    assert not places.socket_fits(Path("/" + "a" * 89))
    assert places.socket_fits(Path("/" + "城" * 29))
    assert not places.socket_fits(Path("/" + "城" * 30))


def made(clone: Path, outside: Path) -> places.Place:
    home = clone / "var" / "postgres"
    home.mkdir(parents=True)
    outside.mkdir()
    (outside / "clone").write_text(f"{home}\n")
    place = places.Place(outside / "data", outside / "socket", Path("/opt/bin"), "nobody", (outside,))
    places.record(home, place)
    return place


def test_what_is_recorded_is_read_back(tmp_path):
    place = made(tmp_path / "clone", tmp_path / "credit-city-abc")
    assert places.recorded(tmp_path / "clone/var/postgres") == place


def test_a_moved_clone_keeps_its_data_inside_and_outside(tmp_path):
    place = made(tmp_path / "clone", tmp_path / "credit-city-abc")
    (tmp_path / "clone").rename(tmp_path / "moved")
    assert places.recorded(tmp_path / "moved/var/postgres") == place

    home = tmp_path / "second/var/postgres"
    home.mkdir(parents=True)
    places.record(home, places.Place(home / "data", home / "socket", Path("/opt/bin"), "alice"))
    (tmp_path / "second").rename(tmp_path / "third")
    found = places.recorded(tmp_path / "third/var/postgres")
    assert found is not None and found.data == tmp_path / "third/var/postgres/data"


def test_a_copied_clone_does_not_take_the_data_of_the_original(tmp_path):
    made(tmp_path / "clone", tmp_path / "credit-city-abc")
    copy = tmp_path / "copy/var/postgres"
    copy.mkdir(parents=True)
    (copy / "place.json").write_bytes((tmp_path / "clone/var/postgres/place.json").read_bytes())
    assert places.recorded(copy) is None


def test_a_damaged_record_says_what_to_do(tmp_path):
    (tmp_path / "place.json").write_text("{")
    with pytest.raises(places.ServerError, match="make clean"):
        places.recorded(tmp_path)


def test_folders_that_are_not_ours_are_never_taken_for_ours(tmp_path):
    """``make clean`` removes what the record names: a folder without our mark or name must not be among it."""
    home = tmp_path / "clone/var/postgres"
    home.mkdir(parents=True)
    precious, named = tmp_path / "precious", tmp_path / "credit-city-without-mark"
    for folder in (precious, named):
        folder.mkdir()
    (precious / "clone").write_text(f"{home}\n")
    places.record(
        home, places.Place(home / "data", home / "socket", Path("/opt/bin"), "alice", (precious, named, Path("/")))
    )
    found = places.recorded(home)
    assert found is not None and found.elsewhere == ()
