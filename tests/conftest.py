"""What all tests share: how a run is announced, the option that rewrites golden files, and a cache of their own."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_cache_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHSPEC_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite golden files and the outputs that pages show")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which tests the default selection leaves out, and how they are run."""
    if not config.option.markexpr.strip().startswith("not dot and not compiler and not onnx"):
        return None
    return (
        "left out: what needs Graphviz's dot (pytest -m dot), a C++ compiler (-m compiler), onnxruntime (-m onnx), "
        "npm's packages (-m node), a package index (-m index), Chromium (-m browser); and every bundled "
        "spec's exports (-m exports)"
    )
