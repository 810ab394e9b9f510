"""What is in the basket, and what it costs to send."""

from dataclasses import dataclass, field

FREE_SHIPPING_FROM = 50_00
SHIPPING = 4_90


@dataclass
class Basket:
    """Prices are whole cents."""

    prices: list[int] = field(default_factory=list)

    def add(self, price: int, quantity: int = 1) -> None:
        if price < 0 or quantity < 1:
            raise ValueError("a price can't be negative, and nothing can't be bought")
        self.prices.extend([price] * quantity)

    def subtotal(self) -> int:
        return sum(self.prices)

    def total(self) -> int:
        subtotal = self.subtotal()
        if not self.prices:
            return 0
        if subtotal > FREE_SHIPPING_FROM:  # from 50.00 on, sending is free
            return subtotal
        return subtotal + SHIPPING
