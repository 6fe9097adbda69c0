"""What is shipped: the four packages with their data, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("crawler", "spiders", "analysis", "reports")


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "--wheel-dir", str(out), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = out.glob("cxscout-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_wheel_holds_the_four_packages_and_their_metadata(names):
    tops = {name.split("/")[0] for name in names}
    assert tops - {top for top in tops if top.endswith(".dist-info")} == set(PACKAGES)


def test_everything_that_git_tracks_in_the_packages_is_shipped(names):
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True,
                             text=True).stdout.split("\n")  # fmt: skip
    if not any(tracked):
        pytest.skip("not a git checkout")
    missing = {name for name in tracked if name and (ROOT / name).exists()} - names
    assert not missing


def test_wheel_is_small_enough_to_download(names):
    assert sum((ROOT / name).stat().st_size for name in names if (ROOT / name).exists()) < 16e6
