"""The plugin and the server in real Neovims, headless."""

import pytest

pytestmark = pytest.mark.editors


def test_repair(neovim):
    neovim.passes("repair")
    assert "if subtotal >= FREE_SHIPPING_FROM:" in (neovim.shop / "shop/basket.py").read_text()
