"""What is in the repositories that the browser looks at: a small shop, and one that means harm."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64encode

from tests.browser.histories import Story

DAY = 86_400
ALICE = "Alice Author <alice@example.com>"
BERENICE = "Bérénice Builder <berenice@example.com>"
CARL = "Carl Coder <carl@example.com>"

README = """\
# Shop

A small shop for a small town: **baskets**, orders and invoices, without a cloud.[^cloud]

![The shop's sign](docs/sign.png)

| Part | What it does |
| --- | --- |
| `basket.py` | What somebody wants to buy |
| `orders.py` | What somebody has bought |
| `prices.py` | Euro and cent, never floats |

## Try it

```python
from shop.basket import Basket

basket = Basket()
basket.add("tea", amount=2)
print(basket.total())
```

More is in [the guide](docs/guide.md) and in the [open questions](https://example.com/questions).

- [x] Baskets
- [ ] Returns

[^cloud]: It runs on the machine below the counter[^machine], and goes on when the line is down.[^cloud]
[^machine]: The grey one.
"""

BASKET = '''\
"""What somebody wants to buy."""

from dataclasses import dataclass, field

from shop.prices import Price, price_of


@dataclass
class Basket:
    """Goods and how many of each."""

    goods: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, amount: int = 1) -> None:
        if amount < 1:
            raise ValueError("nobody buys less than one")
        self.goods[name] = self.goods.get(name, 0) + amount

    def total(self) -> Price:
        return sum((price_of(name) * amount for name, amount in self.goods.items()), Price(0))
'''

REMOVING = '''
    def remove(self, name: str) -> None:
        """Take out all of it; what is not in there is no mistake."""
        self.goods.pop(name, None)
'''

PRICES = '''\
"""Euro and cent, never floats."""

from functools import total_ordering

PRICES = {"tea": 420, "bread": 380, "honey": 650}


@total_ordering
class Price:
    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __mul__(self, amount: int) -> "Price":
        return Price(self.cents * amount)

    def __lt__(self, other: "Price") -> bool:
        return self.cents < other.cents


def price_of(name: str) -> Price:
    return Price(PRICES[name])
'''

ORDERS = '''\
"""What somebody has bought."""

from shop.basket import Basket


def order(basket: Basket, customer: str) -> str:
    if not basket.goods:
        raise ValueError("an empty basket is no order")
    return f"{customer}: {basket.total()}"
'''

STYLE = """\
:root { --ink: #222; }

.price {
  color: var(--ink);
  font-variant-numeric: tabular-nums;
}
"""

GUIDE = "# Guide\n\n" + "\n\n".join(f"## Step {n}\n\nDo this, then that, and look at the result." for n in range(1, 9)) + "\n"
PRICE_LIST = 'name,cents,note\ntea,420,"in tins,\nand in bags"\n' + "".join(f"bread {n},380,\n" for n in range(40))
RULES = """\
Rules
=====

.. contents::

.. note:: Not for bread, see `the guide <guide.md>`_.

Opening hours
-------------

====== =====
Monday ``9``
Sunday never
====== =====
"""


def notebook(text: str) -> str:
    """A notebook with a picture, and a text wherever there can be one."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": [text]},
        {"output_type": "display_data", "data": {"image/png": b64encode(sign()).decode(), "text/plain": text}},
        {"output_type": "display_data", "data": {"text/html": text, "image/svg+xml": text, text: text}},
        {"output_type": "error", "ename": text, "evalue": text, "traceback": [f"\x1b[31m{text}"]},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Counting\n", text]},
        {"cell_type": "code", "execution_count": 1, "source": f"count()  # {text}", "outputs": outputs},
    ]
    return json.dumps({"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": cells})


DAILY = (
    ("Round prices as the tax office does", ALICE),
    ("Say which price is missing", CARL),
    ("Orders know their customer", BERENICE),
    ("Read goods when they are asked for", ALICE),
    ("Accept umlauts in names of goods", CARL),
    ("Explain the words on the invoice", BERENICE),
    ("Test baskets with nothing in them", ALICE),
    ("Shorter words on the front page", CARL),
    ("Keep the opening hours in one place", BERENICE),
    ("Count honey by the jar", ALICE),
    ("Sort orders by the day they are wanted", CARL),
    ("No more than ninety-nine of anything", BERENICE),
    ("Tea comes in tins and in bags", ALICE),
    ("Name the street that is closed on market days", CARL),
    ("Bread of yesterday costs half", BERENICE),
    ("Print receipts in the language of the customer", ALICE),
    ("A quieter bell for new orders", CARL),
    ("Leave out goods that are not in season", BERENICE),
    ("Add up baskets once, not three times", ALICE),
    ("Say thank you on the last page", CARL),
    ("Remember what regular customers take", BERENICE),
    ("Close the till at midnight, also in summer time", ALICE),
    ("Salt is sold by weight", CARL),
    ("Warn before the last loaf is promised twice", BERENICE),
)
WEEK = 6


def shop(now: int) -> Story:
    """Some forty commits by four people: branches, merges, a rename, pictures, binary and empty files, and a long line.

    The last one happened three hours ago.
    """
    story = Story()
    story.commit("Begin with a README", {"README.md": "# Shop\n"})
    story.commit("Prices in cents", {"shop/__init__.py": "", "shop/prices.py": PRICES}, author=ALICE, later=5 * 3600)
    story.commit("Baskets", {"shop/cart.py": BASKET}, author=ALICE, later=DAY)
    story.rename("shop/cart.py", "shop/basket.py", "Call it a basket, as the customers do", author=BERENICE)
    _week(story, 0)
    story.commit("Orders", {"shop/orders.py": ORDERS}, author=BERENICE, later=2 * DAY)
    story.commit("A sign for the shop", {"docs/sign.png": sign()}, author=CARL)
    story.commit("A style sheet", {"web/style.css": STYLE}, branch="web-pages", author=CARL, later=DAY)
    story.commit("Words for the front page", {"README.md": README}, author=BERENICE, later=9 * 3600)
    story.commit(
        "Prices line up", {"web/style.css": STYLE + ".total { text-align: right; }\n"}, branch="web-pages", author=CARL
    )
    story.tags["v1.0"] = story.merge("web-pages", "Merge the web pages", author=ALICE)
    _week(story, 1)
    guide: dict[str, str | bytes | None] = {
        "docs/guide.md": GUIDE,
        "docs/empty.txt": "",
        "docs/goods.db": bytes(range(256)) * 8,
        "docs/prices.csv": PRICE_LIST,
        "docs/count.ipynb": notebook("forty-two loaves"),
        "docs/rules.rst": RULES,
    }
    story.commit("A guide", guide, later=DAY)
    _week(story, 2)
    taking = story.content("shop/basket.py").replace("\n    def total", f"{REMOVING}\n    def total")
    story.commit("Take goods out of a basket", {"shop/basket.py": taking}, branch="returns", author=ALICE, later=DAY)
    many = {f"goods/{name}.toml": f'name = "{name}"\nprice = {420 + len(name)}\n' for name in ("tea", "bread", "honey", "salt")}
    story.commit("Goods have files of their own", {**many, "shop/prices.py": PRICES.replace("650", "680")}, author=CARL)
    story.tags["v1.1"] = story.heads[""]
    both = "Returns, first half\n\nWhat was taken out of a basket is offered again for an hour.\nInvoices follow."
    story.commit(both, {"shop/returns.py": ORDERS.replace("bought", "returned")}, branch="returns", author=ALICE)
    story.commit("Try invoices on paper", {"shop/invoices.py": ORDERS}, branch="invoices", author=BERENICE, later=3 * 3600)
    long_line = {"web/one-line.js": f"const goods = [{', '.join(str(n) for n in range(200))}];\n"}
    story.commit("Goods for the browser, in one line", long_line, author=CARL)
    story.merge("returns", "Merge returns", author=BERENICE)
    _week(story, 3)
    invoices = {"shop/invoices.py": ORDERS.replace("order(", "invoice(")}
    story.commit("Invoices have a number", invoices, branch="invoices", author=BERENICE, later=7 * 3600)
    last = story.content("shop/orders.py").replace("an empty basket is no order", "nothing in the basket, so nothing to order")
    better = {"shop/orders.py": last, "CHANGES.md": "# Changes\n\n- Returns\n"}
    story.commit("Kinder words for empty baskets", better, author=ALICE, later=20 * 3600)
    story.bookmarks["release"] = story.heads[""]
    story.let_end_at(now - 3 * 3600)
    return story


def _week(story: Story, number: int) -> None:
    """Small changes of every day, in one file."""
    for at, (message, author) in enumerate(DAILY[WEEK * number : WEEK * (number + 1)]):
        notes = "".join(f"- {said}\n" for said, _ in DAILY[WEEK * number : WEEK * number + at + 1])
        later = (3 + 5 * at) * 3600 // 2
        story.commit(message, {f"notes/week-{number + 1}.md": f"# Week {number + 1}\n\n{notes}"}, author=author, later=later)


CANARY = "window.__pwned = 1"
HOSTILE_NAMES = (
    '"><img src=x onerror="window.__pwned=1">.txt',
    "<svg onload=window.__pwned=1>.md",
    "javascript:window.__pwned=1",
    "' onmouseover='window.__pwned=1",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
    "{{ 7 * 7 }}.txt",
    "a very long name that has no place to break " + "x" * 120,
)
HOSTILE_BRANCH = '"><svg/onload=window.__pwned=1>'
HOSTILE_README = f"""\
# <script>{CANARY}</script> Harm

<script>{CANARY}</script>
<img src=x onerror="{CANARY}">
<a href="javascript:{CANARY}">click</a> [me](javascript:{CANARY.replace(" ", "")})
<svg onload="{CANARY}"></svg><iframe srcdoc="<script>parent.__pwned = 1</script>"></iframe>
<style>body {{ display: none }}</style>
<div id="content" style="position: fixed; inset: 0">covered</div>
<form action="https://elsewhere.example/"><input name="password"><button>Sign in</button></form>
![elsewhere](https://elsewhere.example/picture.png)[^"onload]

[^"onload]: <img src=x onerror="{CANARY}">

```html
<script>{CANARY}</script>
```
"""
HOSTILE_SVG = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="{CANARY}">
<script>{CANARY}; alert(1)</script><circle cx="4" cy="4" r="4" fill="#b8451f"/></svg>
"""


def harm(now: int) -> Story:
    """Names, messages, texts and pictures that would run a script where a page forgets to quote."""
    story = Story()
    text = f"</td></table><script>{CANARY}</script>\n\N{RIGHT-TO-LEFT OVERRIDE}hidden\n"
    message = f"<script>{CANARY}</script> & </h1>\n\n</div><img src=x onerror={CANARY.replace(' ', '')}>"
    story.commit(message, dict.fromkeys(HOSTILE_NAMES, text))
    files: dict[str, str | bytes | None] = {
        "README.md": HOSTILE_README,
        "picture.svg": HOSTILE_SVG,
        "page.html": f"<!doctype html><script>{CANARY}</script>",
        "count.ipynb": notebook(f'"><img src=x onerror="{CANARY}"><script>{CANARY}</script>'),
        "table.csv": f'a,"<script>{CANARY}</script>"\n<img src=x onerror={CANARY.replace(" ", "")}>,=cmd()\n',
        "text.rst": f"`x <javascript:{CANARY}>`_\n\n.. raw:: html\n\n   <script>{CANARY}</script>\n\n.. image:: javascript:x\n",
        "text.txt": HOSTILE_README,
    }
    story.commit("A name that is not UTF-8", {b"caf\xe9.txt": "not UTF-8\n"})
    story.commit("Texts and pictures", files)
    story.commit("On a branch", {"other.txt": text}, branch=HOSTILE_BRANCH)
    story.tags["v<script>"] = 0
    story.bookmarks["release"] = 2
    story.let_end_at(now - DAY)
    return story


def sign() -> bytes:
    """A picture: a PNG of two colours, and nothing where it is transparent."""
    wide, high = 96, 32
    # Stripes with round ends, as on the awning of a shop.
    ends = [22 + round((36 - (x % 12 - 5.5) ** 2) ** 0.5) for x in range(wide)]
    rows = b"".join(b"\0" + bytes(2 if y > ends[x] else x // 12 % 2 for x in range(wide)) for y in range(high))
    header = struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)
    palette = bytes((11, 107, 99, 244, 236, 220, 0, 0, 0))
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"tRNS", b"\xff\xff\0"), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )
