"""What all tests share: how a run is announced, and the option that rewrites golden files."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite golden files and the outputs that pages show"
    )


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which tests are left out, where the default selection leaves some out."""
    if config.option.markexpr.strip() != "not dot and not compiler":
        return None
    return "left out: tests that need Graphviz's dot (run them with -m dot) or a C++ compiler (-m compiler)"
