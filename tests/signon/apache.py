"""Debian's Apache with mod_auth_openidc before a folder: an application that has no sign-in of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES: Final = Path("/usr/lib/apache2/modules")
_NEEDED: Final = (
    *("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "auth_openidc"),
)
_SETTINGS: Final = """
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
DocumentRoot {folder}/pages
User {user}
Group {user}
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {address}/back
OIDCCryptoPassphrase {secret}
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCResponseMode {mode}
OIDCRemoteUserClaim email
<Location />
  AuthType openid-connect
  Require valid-user
  Header always set X-Acr "%{{OIDC_CLAIM_acr}}e"
  Header always set X-Sid "%{{OIDC_CLAIM_sid}}e"
  Header always set X-User "expr=%{{REMOTE_USER}}"
</Location>
<Location /bye>
  AuthType None
  Require all granted
</Location>
"""


def port_and_address() -> tuple[int, str]:
    """Return where it will listen. Not `localhost`: cookies do not know ports, and the portal is there."""
    port = serving.free_port()
    return port, f"http://127.0.0.1:{port}"


@contextmanager
def running(port: int, *, mode: str = "query", **given: str) -> Iterator[None]:
    """Run it until the block ends."""
    program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "install Debian's libapache2-mod-auth-openidc (make test does)"
    # pytest's own folders are one user's; as root starts it, it goes on as somebody else.
    folder = Path(tempfile.mkdtemp(prefix="apache-"))
    folder.chmod(0o777)
    pages = folder / "pages"
    pages.mkdir()
    pages.chmod(0o755)
    for name, text in {"index.html": "Welcome", "bye": "Bye"}.items():
        (pages / name).write_text(text)
        (pages / name).chmod(0o644)
    user = "www-data" if os.getuid() == 0 else str(os.getuid())
    loaded = "".join(f"LoadModule {one}_module {MODULES}/mod_{one}.so\n" for one in _NEEDED)
    file = folder / "apache.conf"
    said = {"port": port, "address": f"http://127.0.0.1:{port}", "user": user, "mode": mode}
    file.write_text(loaded + _SETTINGS.format(folder=folder, **said, **given))
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-f", str(file), "-DFOREGROUND"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: process.poll() is not None or serving.listens(port))
        assert process.poll() is None, (folder / "output.log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)
        shutil.rmtree(folder)
