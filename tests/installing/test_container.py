"""The container's file is one that a linter has nothing against, and fits the manifests and settings beside it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from doorward import __version__
from doorward.environment import PREFIX
from doorward.environment.fields import Environment
from tests.installing.building import ROOT

FOLDER = ROOT / "deploy/container"
FILE = (FOLDER / "Containerfile").read_text()
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
KNOWN = {PREFIX + name.upper() for name in Environment.model_fields}
pytestmark = pytest.mark.one_database


def test_the_linter_has_nothing_against_it():
    hadolint = str(Path(sys.executable).parent / "hadolint")
    asked = [hadolint, "--failure-threshold=style", str(FOLDER / "Containerfile")]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_runs_is_not_root_and_has_nothing_that_installs():
    build, run = FILE.split("\nFROM ")[1:]
    assert "--require-hashes" in build
    assert "pip uninstall" in build
    assert "pip" not in run
    users = re.findall(r"^USER (\d+):(\d+)$", run, re.MULTILINE)
    assert users == [("10001", "10001")]
    pod = yaml.safe_load((ROOT / "deploy/kubernetes/migrate.yaml").read_text())
    context = pod["spec"]["template"]["spec"]["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (10001, 10001)


def test_the_settings_in_it_are_settings_and_keys_are_apart_from_data():
    given = dict(re.findall(r"(DOORWARD_\w+)=(\S+)", FILE))
    assert {*given} <= KNOWN
    volumes = yaml.safe_load(re.findall(r"^VOLUME (.*)$", FILE, re.MULTILINE)[0])
    data, keys = given["DOORWARD_DATA_DIR"], Path(given["DOORWARD_KEYS_FILE"])
    assert volumes == [data, str(keys.parent)]
    assert not keys.is_relative_to(data)


def test_compose_starts_it_read_only_with_its_volumes_behind_the_one_proxy_that_it_trusts():
    portal = COMPOSE["services"]["portal"]
    assert portal["image"] == f"doorward:{__version__}"
    assert portal["read_only"] is True
    assert portal["cap_drop"] == ["ALL"]
    assert "ports" not in portal
    assert {*portal["environment"]} <= KNOWN
    volumes = yaml.safe_load(re.findall(r"^VOLUME (.*)$", FILE, re.MULTILINE)[0])
    assert [one.partition(":")[2] for one in portal["volumes"]] == volumes
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert portal["environment"]["DOORWARD_TRUSTED_PROXIES"] == network["subnet"]
