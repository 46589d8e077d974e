"""What the controls of the drills take out is still there to be taken out: else they fail in half an hour's time."""

import subprocess
import sys

_ALL = """
import tests.drills.entries.without as without
without._api = without._notifier = lambda: 0
takes_out = {
    name: entry for name, entry in vars(without).items() if callable(entry) and entry.__module__ == without.__name__
}
for name, entry in takes_out.items():
    if not name.startswith("_"):
        assert entry() == 0, name
        print(name)
"""


def test_every_guarantee_can_be_taken_out() -> None:
    """In a process of its own, since it leaves the services without them."""
    done = subprocess.run([sys.executable, "-c", _ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= 9
