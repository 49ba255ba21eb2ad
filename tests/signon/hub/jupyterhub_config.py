"""JupyterHub with oauthenticator, as its guide says for any OpenID provider. Who is an administrator, `acr` says."""

import json
import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - what reads this file gives it
given = json.loads(os.environ["HUB"])
folder, issuer, address = Path(given["folder"]), given["issuer"], given["address"]

c.JupyterHub.bind_url = address
c.JupyterHub.hub_port = given["hub_port"]
c.JupyterHub.db_url = f"sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(folder / "cookie_secret")
c.JupyterHub.default_url = "/hub/home"
c.ConfigurableHTTPProxy.command = [given["proxy"]]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{given['proxy_port']}"
c.ConfigurableHTTPProxy.pid_file = str(folder / "proxy.pid")

c.JupyterHub.authenticator_class = "generic-oauth"
c.Authenticator.auto_login = True
c.GenericOAuthenticator.client_id = given["client_id"]
c.GenericOAuthenticator.client_secret = given["secret"]
c.GenericOAuthenticator.oauth_callback_url = f"{address}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{issuer}/oidc/authorize/"
c.GenericOAuthenticator.token_url = f"{issuer}/oidc/token/"
c.GenericOAuthenticator.userdata_from_id_token = True
c.GenericOAuthenticator.extra_authorize_params = {
    "claims": json.dumps({"id_token": {"email": {"essential": True}}})
}
c.GenericOAuthenticator.logout_redirect_url = f"{issuer}/oidc/logout/"
c.GenericOAuthenticator.scope = ["openid", "email"]
c.GenericOAuthenticator.username_claim = "email"
c.GenericOAuthenticator.allow_all = True
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = lambda state: {state["oauth_user"]["acr"]}
c.GenericOAuthenticator.admin_groups = {"urn:doorward:two-factor"}
