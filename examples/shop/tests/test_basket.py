import pytest

from shop.basket import Basket


def basket(*prices):
    made = Basket()
    for price in prices:
        made.add(price)
    return made


def test_nothing_costs_nothing():
    assert basket().total() == 0


@pytest.mark.parametrize(
    ("prices", "total"),
    [((10_00,), 14_90), ((49_99,), 54_89), ((50_00,), 50_00), ((30_00, 40_00), 70_00)],
)
def test_total(prices, total):
    assert basket(*prices).total() == total


def test_quantity():
    made = Basket()
    made.add(5_00, quantity=3)
    assert made.subtotal() == 15_00


def test_refuses_a_negative_price():
    with pytest.raises(ValueError):
        Basket().add(-1)
