"""What a page costs on the wire, as the browser itself counts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.browser.visitor import Visitor


@dataclass
class Cost:
    """Requests that reached the network, and the bytes that came back, headers included."""

    sent: dict[str, str] = field(default_factory=dict)
    received: int = 0
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return len(self.sent)


def measured(visitor: Visitor, path: str) -> Cost:
    """Open a page and wait until everything that it needs is there."""
    cost = Cost()
    session = visitor.page.context.new_cdp_session(visitor.page)

    def sent(event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            cost.sent[event["requestId"]] = event["request"]["url"]

    def forget(event: dict[str, Any]) -> None:
        cost.sent.pop(event["requestId"], None)

    def forget_if_cached(event: dict[str, Any]) -> None:
        if event["response"].get("fromDiskCache"):
            forget(event)

    def told(event: dict[str, Any]) -> None:
        # The status as it came over the wire: a 304 is a 200 to the page.
        cost.statuses[event["requestId"]] = event["statusCode"]

    def finished(event: dict[str, Any]) -> None:
        cost.received += int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.requestServedFromCache", forget)
    session.on("Network.responseReceived", forget_if_cached)
    session.on("Network.responseReceivedExtraInfo", told)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    visitor.page.goto(visitor.house.url + path, wait_until="networkidle")
    session.detach()
    return cost
