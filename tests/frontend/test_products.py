"""What is built of the mini-app: small enough, without the vendor's beacons, without what a platform does not have."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import frontend

pytestmark = pytest.mark.slow

FIRST_LOAD_MAX_BYTES = 150 * 1024
MAIN_PACKAGE_MAX_BYTES = int(1.5 * 1024 * 1024)
MINI_PROGRAMS = ("mp-weixin", "mp-alipay")
TEXTS = {".css", ".wxss", ".acss", ".js", ".html", ".json", ".wxml", ".axml"}
BEACONS = re.compile(r"dcloud(?!io)|dcimg|bspapp|preloadAssets|shadow-preload|fromCharCode\((?:\d+,){8,}")
# What only a browser has. The vendor's own bundle asks `typeof` of some of it and is left out.
BROWSER_ONLY = re.compile(
    r"\b(document|window|navigator|localStorage|indexedDB)\.|URL\.createObjectURL|new Audio|\bfetch\("
)


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every text file of a product."""
    for path in sorted(root.rglob("*")):
        if path.suffix in TEXTS:
            yield path.relative_to(root), path.read_text(encoding="utf-8")


def test_a_product_asks_nobody_but_us(target: str) -> None:
    marked = [str(path) for path, text in texts(frontend.output_of(target)) if BEACONS.search(text)]
    assert marked == []


def test_the_first_page_in_the_browser_is_small() -> None:
    root = frontend.build("h5")
    page = (root / "index.html").read_text(encoding="utf-8")
    named = set(re.findall(r'(?:src|href)="/(assets/[^"]+)"', page))
    named |= {
        str(path.relative_to(root)) for path in (root / "assets").iterdir() if "home-index" in path.name
    }
    assert any(name.endswith(".js") for name in named)
    size_bytes = sum(len(gzip.compress((root / name).read_bytes(), 6)) for name in named)
    assert size_bytes <= FIRST_LOAD_MAX_BYTES


def test_the_page_brings_no_script_of_its_own_and_no_foreign_address() -> None:
    page = (frontend.build("h5") / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page


def test_scanning_is_a_chunk_of_its_own() -> None:
    scripts = {path.name: path.stat().st_size for path in (frontend.build("h5") / "assets").glob("*.js")}
    assert any("jsQR" in name for name in scripts)


@pytest.mark.parametrize("platform", MINI_PROGRAMS)
def test_the_main_package_of_a_mini_program_is_small(platform: str) -> None:
    root = frontend.build(platform)
    main = [path for path in root.rglob("*") if path.is_file() and "merchant" not in path.parts]
    assert sum(path.stat().st_size for path in main) <= MAIN_PACKAGE_MAX_BYTES


@pytest.mark.parametrize("platform", MINI_PROGRAMS)
def test_merchant_pages_are_a_package_of_their_own(platform: str) -> None:
    app = json.loads((frontend.build(platform) / "app.json").read_text(encoding="utf-8"))
    roots = [package["root"] for package in app["subPackages"]]
    assert roots == ["merchant"]
    assert not any(page.startswith("merchant") for page in app["pages"])


@pytest.mark.parametrize("platform", MINI_PROGRAMS)
def test_a_mini_program_uses_nothing_only_a_browser_has(platform: str) -> None:
    root = frontend.build(platform)
    ours = ((path, text) for path, text in texts(root) if path.suffix == ".js" and path.name != "vendor.js")
    found = {str(path): BROWSER_ONLY.findall(text) for path, text in ours if BROWSER_ONLY.search(text)}
    assert found == {}


def test_wechat_hears_roles_by_its_own_name() -> None:
    root = frontend.build("mp-weixin")
    pages = [text for path, text in texts(root) if path.suffix == ".wxml"]
    assert any("aria-role=" in text for text in pages)
    assert not any(re.search(r"\srole=", text) for text in pages)
