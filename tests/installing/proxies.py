"""The proxies of `deploy/proxies`, each started with its file, in which only ports, folders and certificates differ."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.installing.building import ROOT
from tests.kit import serving, tls
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = ROOT / "deploy/proxies"
HOST = "portal.example.com"
SITE = "wiki.example.com"


@dataclass(frozen=True)
class Front:
    """Where a proxy listens: for http, and for https."""

    plain: int
    secure: int


@dataclass(frozen=True)
class Place:
    """What a proxy is given here instead of what its example says."""

    folder: Path
    certificate: Path
    behind: int
    front: Front

    def write(self, name: str, **changes: str) -> Path:
        """Write an example with its texts changed, each of which must be there once or more; return the file."""
        text = (EXAMPLES / name).read_text()
        for old, new in ({"127.0.0.1:8000": f"127.0.0.1:{self.behind}"} | changes).items():
            assert old in text, (name, old)
            text = text.replace(old, new)
        file = self.folder / Path(name).name
        file.write_text(text)
        return file


def caddy(place: Place) -> list[str]:
    file = place.write(
        "Caddyfile",
        **{f"\n{HOST} {{": f"\n{HOST} {{\n\ttls {place.certificate} {place.certificate}"},
    )
    return _caddy(place, file)


def _caddy(place: Place, file: Path) -> list[str]:
    ports = f"http_port {place.front.plain}\n\thttps_port {place.front.secure}"
    settings = f"{{\n\tadmin off\n\tskip_install_trust\n\t{ports}\n\tpersist_config off\n}}\n"
    file.write_text(settings + file.read_text())
    return [str(_wheel("caddy")), "run", "--adapter=caddyfile", f"--config={file}"]


def nginx(place: Place) -> list[str]:
    site = place.write(
        "nginx.conf",
        **{
            "listen 80;": f"listen 127.0.0.1:{place.front.plain};",
            "listen 443 ": f"listen 127.0.0.1:{place.front.secure} ",
            "/etc/ssl/portal.example.com/fullchain.pem": str(place.certificate),
            "/etc/ssl/portal.example.com/privkey.pem": str(place.certificate),
        },
    )
    return _nginx(place, site)


def _nginx(place: Place, site: Path) -> list[str]:
    kept = "".join(
        f"{kind}_temp_path {place.folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = place.folder / "main.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {place.folder}/pid;\nerror_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off;\n{kept}include {site}; }}\n"
    )
    return [_system("nginx"), "-p", str(place.folder), "-e", "stderr", "-c", str(file)]


def haproxy(place: Place) -> list[str]:
    file = place.write(
        "haproxy.cfg",
        **{
            "bind :80": f"bind 127.0.0.1:{place.front.plain}",
            "bind :443": f"bind 127.0.0.1:{place.front.secure}",
            "/etc/haproxy/portal.example.com.pem": str(place.certificate),
        },
    )
    return [_system("haproxy"), "-db", "-q", "-f", str(file)]


def traefik(place: Place) -> list[str]:
    certificate = str(place.certificate)
    portal = place.write(
        "traefik/portal.yaml",
        **{
            "/etc/ssl/portal.example.com/fullchain.pem": certificate,
            "/etc/ssl/portal.example.com/privkey.pem": certificate,
        },
    )
    return _traefik(place, portal)


def _traefik(place: Place, dynamic: Path) -> list[str]:
    text = (EXAMPLES / "traefik/traefik.yaml").read_text()
    for old, new in {
        '":80"': f'"127.0.0.1:{place.front.plain}"',
        '":443"': f'"127.0.0.1:{place.front.secure}"',
        "/etc/traefik/portal.yaml": str(dynamic),
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    file = place.folder / "static.yaml"
    file.write_text(text)
    return [str(_wheel("traefik")), f"--configFile={file}"]


def _before_site(place: Place, site: int) -> dict[str, str]:
    """Return what differs of each example for a site: where it listens, and its certificate."""
    folder = f"/etc/ssl/{SITE}"
    return {
        "127.0.0.1:9000": f"127.0.0.1:{site}",
        f"{folder}/fullchain.pem": str(place.certificate),
        f"{folder}/privkey.pem": str(place.certificate),
    }


def caddy_before_site(place: Place, site: int) -> list[str]:
    tls_line = f"\n{SITE} {{\n\ttls {place.certificate} {place.certificate}"
    changes = {"127.0.0.1:9000": f"127.0.0.1:{site}", f"\n{SITE} {{": tls_line}
    return _caddy(place, place.write("forward-auth/Caddyfile", **changes))


_ASKS = "  local said = core.httpclient()"


def haproxy_before_site(place: Place, site: int, breaks: str = "") -> list[str]:
    asks = place.write(
        "forward-auth/haproxy.lua", **({_ASKS: f"{breaks}\n{_ASKS}"} if breaks else {})
    )
    changes = {
        "127.0.0.1:9000": f"127.0.0.1:{site}",
        "bind :443": f"bind 127.0.0.1:{place.front.secure}",
        f"/etc/haproxy/{SITE}.pem": str(place.certificate),
        "/etc/haproxy/haproxy.lua": str(asks),
    }
    file = place.write("forward-auth/haproxy.cfg", **changes)
    return [_system("haproxy"), "-db", "-q", "-f", str(file)]


def nginx_before_site(place: Place, site: int) -> list[str]:
    listen = {"listen 443 ": f"listen 127.0.0.1:{place.front.secure} "}
    changes = _before_site(place, site) | listen
    return _nginx(place, place.write("forward-auth/nginx.conf", **changes))


def traefik_before_site(place: Place, site: int) -> list[str]:
    return _traefik(place, place.write("forward-auth/traefik.yaml", **_before_site(place, site)))


PROXIES = {"caddy": caddy, "haproxy": haproxy, "nginx": nginx, "traefik": traefik}


BEFORE_SITE: dict[str, Callable[..., list[str]]] = {
    "caddy": caddy_before_site,
    "haproxy": haproxy_before_site,
    "nginx": nginx_before_site,
    "traefik": traefik_before_site,
}


@contextmanager
def running(name: str, folder: Path, behind: int) -> Iterator[Front]:
    """Run the proxy of that name in front of the portal that listens there."""
    front = Front(serving.free_port(), serving.free_port())
    certificate = tls.certificate(folder, HOST, days=30)
    words = PROXIES[name](Place(folder, certificate, behind, front))
    with _running(words, folder, (front.plain, front.secure)):
        yield front


@contextmanager
def running_before_site(
    name: str, folder: Path, behind: int, site: int, **changed: str
) -> Iterator[Front]:
    """Run the proxy of that name in front of a site, where it asks the portal that listens there."""
    front = Front(serving.free_port(), serving.free_port())
    certificate = tls.certificate(folder, SITE, days=30)
    words = BEFORE_SITE[name](Place(folder, certificate, behind, front), site, **changed)
    with _running(words, folder, (front.secure,)):
        yield front


@contextmanager
def _running(words: list[str], folder: Path, ports: tuple[int, ...]) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder)},
            stdout=output,
            stderr=output,
        )
    try:
        until(
            lambda: process.poll() is not None or all(map(serving.listens, ports)),
        )
        assert process.poll() is None
        yield
    except BaseException as error:
        error.add_note(log.read_text()[-4000:])
        raise
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wheel(name: str) -> Path:
    """Return a program that a wheel of the development's has brought."""
    return Path(sys.executable).parent / name


def _system(name: str) -> str:
    program = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, name
    return program
