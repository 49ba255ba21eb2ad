"""Alert rules and board: what they ask for is told, with the labels that it has, and each alert says what to do."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from doorward.kernel.metrics.declared import ALL, REQUEST_SECONDS, VERSION

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "deploy" / "monitoring"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0][
    "rules"
]
BOARD: dict[str, Any] = json.loads((FOLDER / "grafana.json").read_text())
TOLD = {metric.name: metric for metric in ALL} | {
    f"{REQUEST_SECONDS.name}{end}": REQUEST_SECONDS for end in ("_bucket", "_sum", "_count")
}
# What Prometheus itself adds to what it is told.
OF_PROMETHEUS = {"job", "instance", "le"}
SELECTOR = re.compile(r"\b(doorward_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!=|=)\s*"([^"]*)"')
GROUPED = re.compile(r"\bby \(([^)]*)\)")


def expressions() -> dict[str, str]:
    """Return all that is asked for, by where it stands."""
    panels = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in BOARD["panels"]
        for target in panel["targets"]
    }
    return {rule["alert"]: rule["expr"] for rule in RULES} | panels


@pytest.mark.parametrize(("where", "expression"), expressions().items())
def test_what_is_asked_for_is_told_with_these_labels(where, expression):
    known: set[str] = set(OF_PROMETHEUS)
    for name, matchers in SELECTOR.findall(expression):
        if name == "up":
            continue
        metric = TOLD[name]
        known |= set(metric.labels)
        for label, _how, value in MATCHER.findall(matchers):
            assert label in {*metric.labels, "job"}, (where, label)
            if label != "job":
                assert value in metric.labels[label], (where, label, value)
    for group in GROUPED.findall(expression):
        assert {one.strip() for one in group.split(",")} <= known, where


def test_the_board_names_its_series_by_labels_that_they_have():
    labels = {label for metric in ALL for label in metric.labels} | OF_PROMETHEUS | {VERSION}
    named = {
        label
        for panel in BOARD["panels"]
        for target in panel["targets"]
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
    }
    assert named <= labels


def test_each_panel_has_room_of_its_own():
    taken = [
        (panel["gridPos"]["y"] + down, panel["gridPos"]["x"] + right)
        for panel in BOARD["panels"]
        for down in range(panel["gridPos"]["h"])
        for right in range(panel["gridPos"]["w"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(right for _down, right in taken) < 24


def test_each_alert_leads_to_what_to_do():
    book = (ROOT / "docs" / "operating.md").read_text()
    for rule in RULES:
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (file, anchor) == ("docs/operating.md", rule["alert"].lower())
        assert f"\n### {rule['alert']}\n" in book


def test_each_alert_is_tried_where_it_fires_and_where_it_does_not():
    tried: dict[str, set[bool]] = {}
    for case in yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]:
        for one in case["alert_rule_test"]:
            tried.setdefault(one["alertname"], set()).add(bool(one["exp_alerts"]))
    assert {rule["alert"] for rule in RULES} == set(tried)
    missing = {alert for alert, fires in tried.items() if fires != {True, False}}
    assert not missing


@pytest.mark.parametrize(
    "words", [["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]]
)
def test_prometheus_own_tool_says_so_too(words):
    done = subprocess.run(
        ["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
