"""docs/backup.md has the settings with which the drill restores."""

import pytest

from tests.drills.backups import ARCHIVING, RESTORING
from tests.support.repository import DOCS


@pytest.mark.parametrize("setting", [*ARCHIVING, *RESTORING])
def test_the_page_has_each_setting_of_the_drill(setting: str) -> None:
    assert setting in (DOCS / "backup.md").read_text("utf-8")
