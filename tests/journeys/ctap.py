"""A device that python-fido2's client talks CTAP2 with; its credentials are `SoftKey`s.

The client is theirs: it collects the client data, knows its origin, and checks the relying party against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fido2 import cbor
from fido2.ctap import CtapDevice, CtapError
from fido2.ctap2.base import Ctap2
from fido2.hid import CAPABILITY

from tests.kit.softkey import AT, NOBODY, UP, UV, SoftKey

if TYPE_CHECKING:
    from collections.abc import Iterator

_OK = b"\x00"


@dataclass
class Device(CtapDevice):
    """One device. `verifies`: it has a keyed hash sensor or the like; `algorithm`: the one that it knows."""

    verifies: bool = True
    algorithm: int = -7
    keys: list[SoftKey] = field(default_factory=list)

    @property
    def capabilities(self) -> int:
        return CAPABILITY.CBOR

    @classmethod
    def list_devices(cls) -> Iterator[CtapDevice]:
        return iter(())

    def call(self, _cmd: int, data: bytes = b"", *_how: object) -> bytes:
        """Answer a CTAP2 message: a byte that says what it is, and CBOR."""
        asked: Any = cbor.decode(data[1:]) if data[1:] else {}
        does = {
            Ctap2.CMD.GET_INFO: self._info,
            Ctap2.CMD.MAKE_CREDENTIAL: self._make,
            Ctap2.CMD.GET_ASSERTION: self._assert,
        }
        try:
            return _OK + cbor.encode(does[Ctap2.CMD(data[0])](asked))
        except CtapError as error:
            return bytes([error.code])

    def _info(self, _asked: Any) -> dict[int, Any]:
        options = {"rk": True, "up": True} | ({"uv": True} if self.verifies else {})
        return {1: ["FIDO_2_0"], 3: NOBODY.bytes, 4: options, 6: [2]}

    def _make(self, asked: Any) -> dict[int, Any]:
        excluded = {one["id"] for one in asked.get(5, ())}
        if excluded & {key.credential_id for key in self.keys}:
            raise CtapError(CtapError.ERR.CREDENTIAL_EXCLUDED)
        if self.algorithm not in {one["alg"] for one in asked[4]}:
            raise CtapError(CtapError.ERR.UNSUPPORTED_ALGORITHM)
        key = SoftKey(self.algorithm, flags=self._flags(asked.get(7, {})))
        key.rp_id, key.user_handle = asked[2]["id"], asked[3]["id"]
        self.keys.append(key)
        auth_data = key.auth_data(AT) + key.attested()
        return {
            1: "packed",
            2: auth_data,
            3: {"alg": self.algorithm, "sig": key.sign(auth_data + asked[1])},
        }

    def _assert(self, asked: Any) -> dict[int, Any]:
        allowed = {one["id"] for one in asked.get(3, ())}
        mine = [
            key
            for key in self.keys
            if key.rp_id == asked[1] and (not allowed or key.credential_id in allowed)
        ]
        if not mine:
            raise CtapError(CtapError.ERR.NO_CREDENTIALS)
        key, options = mine[-1], asked.get(5, {})
        auth_data = key.auth_data(flags=self._flags(options))
        answer = {
            1: {"type": "public-key", "id": key.credential_id},
            2: auth_data,
            3: key.sign(auth_data + asked[2]),
        }
        return answer if allowed else answer | {4: {"id": key.user_handle}}

    def _flags(self, options: Any) -> int:
        touched = UP if options.get("up", True) else 0
        return touched | (UV if self.verifies and options.get("uv") else 0)
