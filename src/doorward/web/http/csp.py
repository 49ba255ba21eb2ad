"""The Content-Security-Policy of every page, as django-csp's setting; `csp_nonce.py` puts it into each answer.

No page is in it that runs or loads what is not ours. It is read with the settings, so nothing of Django is loaded here.
"""

from __future__ import annotations

from typing import Final

from csp.constants import NONCE, NONE, SELF

POLICY: Final = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
