"""Which addresses are of the internet: nobody's inner network, cloud or tunnel, however it is written."""

from __future__ import annotations

import pytest

from doorward.kernel.ssrf import is_public


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "168.63.129.15",
        "168.63.129.17",
        "100.63.255.255",
        "100.128.0.1",
        "192.0.1.1",
        "192.88.98.1",
        "192.88.100.1",
        "2606:4700::1111",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2003::1",
        "2a00:1450:4001:5efe::1",
        "3ffe::1",
    ],
)
def test_of_the_internet(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        # Where clouds answer their own machines: Azure, Alibaba, Oracle, Amazon, Google, nearly all.
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "169.254.169.254",
        "fe80::a9fe:a9fe",
        # A provider's own network, and networks of special use.
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.9",
        "192.0.0.10",
        "192.0.0.170",
        "192.88.99.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.175.48.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "2001:1::1",
        "2001:3::1",
        "2001:4:112::1",
        "2001:20::1",
        "2001:30::1",
        "2001:db8::1",
        "2620:4f:8000::1",
        "3fff::1",
        "5f00::1",
        "100::1",
        "fec0::1",
        # IPv6 that carries IPv4, a private one and one of the internet: mapped, compatible, translated, tunnelled.
        "::ffff:10.0.0.1",
        "::ffff:1.1.1.1",
        "::10.0.0.1",
        "::1.1.1.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::1.1.1.1",
        "64:ff9b:1::10.0.0.1",
        "2002:0a00:1::1",
        "2002:0101:101::1",
        "2001::a00:1",
        "2001:0:102:304::1",
        "2a00:1450::5efe:10.0.0.1",
        "2a00:1450::200:5efe:1.1.1.1",
        # With a network card's name, and what is no address.
        "2606:4700::1111%eth0",
        "1.1.1",
        "0x7f000001",
        "2130706433",
        "01.1.1.1",
        "",
    ],
)
def test_of_nobody_outside(address):
    assert not is_public(address)
