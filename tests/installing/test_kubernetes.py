"""The manifests fit Kubernetes' own schema and each other, and what they start is what this program takes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

from doorward import __version__
from doorward.cli.base import COMMANDS
from doorward.environment import CONFIG, PREFIX
from doorward.environment.fields import Environment
from tests.installing.building import ROOT

FILES = sorted((ROOT / "deploy/kubernetes").glob("*.yaml"))
ALL = [(file.name, one) for file in FILES for one in yaml.safe_load_all(file.read_text())]
OF_KIND = {one["kind"]: one for _, one in ALL}
PODS = {kind: OF_KIND[kind]["spec"]["template"] for kind in ("Deployment", "Job")}
pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(("file", "one"), ALL, ids=lambda value: str(value)[:24])
@pytest.mark.parametrize("version", ["1.28", "latest"])
def test_a_manifest_fits_the_schema_with_nothing_that_it_does_not_know(file, one, version):
    import kubernetes_validate  # noqa: PLC0415 - most of two seconds, in each process of the tests

    latest = kubernetes_validate.latest_version()
    kubernetes_validate.validate(one, latest if version == "latest" else version, strict=True)


def test_each_kind_that_an_installation_takes_is_there():
    assert {*OF_KIND} == {
        *("ConfigMap", "Deployment", "Ingress", "Job", "NetworkPolicy"),
        *("PodDisruptionBudget", "Secret", "Service"),
    }


def test_what_selects_the_nodes_selects_them_and_not_the_job():
    nodes, job = (PODS[kind]["metadata"]["labels"] for kind in ("Deployment", "Job"))
    selectors = [
        OF_KIND["Deployment"]["spec"]["selector"]["matchLabels"],
        OF_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        OF_KIND["Service"]["spec"]["selector"],
    ]
    for selector in selectors:
        assert selector.items() <= nodes.items()
        assert not selector.items() <= job.items()
    wall = OF_KIND["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    assert wall.items() <= nodes.items()
    assert wall.items() <= job.items()
    backend = OF_KIND["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": OF_KIND["Service"]["metadata"]["name"], "port": {"name": "http"}}


def test_one_may_always_go_while_another_stays():
    assert OF_KIND["Deployment"]["spec"]["replicas"] >= 2
    assert OF_KIND["PodDisruptionBudget"]["spec"]["minAvailable"] == 1
    assert OF_KIND["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@pytest.mark.parametrize("kind", PODS)
def test_a_pod_can_do_little(kind):
    pod = PODS[kind]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    assert container["args"][0] in COMMANDS
    assert container["image"].endswith(f":{__version__}")
    assert {one["name"] for one in container["volumeMounts"]} == {
        one["name"] for one in pod["volumes"]
    }


def test_the_settings_are_settings_and_the_files_they_name_are_mounted():
    settings = OF_KIND["ConfigMap"]["data"]
    known = {PREFIX + name.upper() for name in Environment.model_fields} | {CONFIG}
    secrets = OF_KIND["Secret"]["stringData"]
    inside = {line.partition("=")[0] for line in secrets["doorward.conf"].splitlines()}
    assert {*settings, *inside} <= known
    named = [settings["DOORWARD_CONFIG"], settings["DOORWARD_KEYS_FILE"]]
    assert named == [f"/etc/doorward/{name}" for name in ("doorward.conf", "keys.json")]
    assert not {"DOORWARD_DATABASE_URL", "DOORWARD_EMAIL_URL"} & {*settings}


@pytest.fixture
def mounted(installed):
    """Return folders as a kubelet mounts them for a group: the secrets by links, read-only; an empty one for all."""
    folder = Path(tempfile.mkdtemp(prefix="pod-"))
    folder.chmod(0o755)
    group = PODS["Job"]["spec"]["securityContext"]["fsGroup"]
    secrets, node = folder / "secrets", folder / "node"
    for one, mode in ((secrets, 0o1777), (secrets / "..2026", 0o755), (node, 0o2777)):
        one.mkdir()
        os.chown(one, 0, group)
        one.chmod(mode)
    (secrets / "..data").symlink_to("..2026")
    subprocess.run([installed, "keys", "make", secrets / "..2026/keys.json"], check=True)
    (secrets / "..2026/doorward.conf").write_text("DOORWARD_ERASE_AFTER_DAYS=80\n")
    for name in ("keys.json", "doorward.conf"):
        os.chown(secrets / "..2026" / name, 0, group)
        (secrets / "..2026" / name).chmod(0o440)
        (secrets / name).symlink_to(f"..data/{name}")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.at_length
@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts what another user runs")
def test_the_job_ends_well_as_the_pods_user_on_what_is_mounted(installed, mounted):
    pod = PODS["Job"]["spec"]
    given = OF_KIND["ConfigMap"]["data"] | {"PATH": "/usr/bin:/bin"}
    here = {"/etc/doorward": mounted / "secrets", "/var/lib/doorward": mounted / "node"}
    for place, folder in here.items():
        given = {name: value.replace(place, str(folder)) for name, value in given.items()}
    for _ in range(2):
        ended = subprocess.run(
            [installed, *pod["containers"][0]["args"]],
            env=given,
            user=pod["securityContext"]["runAsUser"],
            group=pod["securityContext"]["runAsGroup"],
            extra_groups=[],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ended.returncode, ended.stdout) == (0, "The database is up to date.\n"), ended
    assert (mounted / "node/node").stat().st_mode & 0o777 == 0o700
    assert not list((mounted / "node").rglob("keys.json"))
