"""The list of removals keeps up with the product; `make prove` carries them out."""

from pathlib import Path

import pytest

from tests.guarantees.removals import PROJECT_FOLDER, REMOVALS, Removal

GUARANTEES = range(1, 9)


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: removal.what)
def test_a_removal_still_fits_the_product(removal: Removal, tmp_path: Path) -> None:
    for edit in removal.edits:
        copy = tmp_path / edit.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((PROJECT_FOLDER / edit.path).read_text())
        edit.apply_in(tmp_path)
        compile(copy.read_text(), edit.path, "exec")


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: removal.what)
def test_the_test_that_notices_it_is_there(removal: Removal) -> None:
    path, _, name = removal.test.partition("::")
    text = (PROJECT_FOLDER / path).read_text()
    assert f"def {name}(" in text if name else "def test_" in text


def test_every_guarantee_is_taken_away_at_least_once() -> None:
    assert {removal.guarantee for removal in REMOVALS} == set(GUARANTEES)


def test_docs_name_every_removals_test() -> None:
    text = (PROJECT_FOLDER / "docs/reliability.md").read_text()
    named = [removal.test.rpartition("::")[2] for removal in REMOVALS]
    assert [name for name in named if name.rpartition("/")[2] not in text] == []
