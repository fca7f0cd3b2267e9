"""What all tests share: how a run is announced, and the option that rewrites golden files."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite golden files and the outputs that pages show")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which tests the default selection leaves out, and how they are run."""
    if not config.option.markexpr.strip().startswith("not dot and not compiler and not onnx"):
        return None
    return (
        "left out: what needs Graphviz's dot (pytest -m dot), a C++ compiler (-m compiler), onnxruntime (-m onnx), "
        "npm's packages (-m node), a package index (-m index)"
    )
