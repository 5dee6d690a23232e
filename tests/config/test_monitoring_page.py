"""docs/monitoring.md says what there is to watch."""

from __future__ import annotations

from pathlib import Path

from kallithea.config import health, metrics

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")


def test_the_table_of_metrics_is_what_is_counted() -> None:
    _, _, rest = PAGE.partition("<!-- the metrics: begin -->\n")

    assert rest.partition("<!-- the metrics: end -->")[0] == metrics.documented(), "write metrics.documented() there"


def test_every_address_is_there() -> None:
    assert [path for path in (*health.REQUIRED, *metrics.REQUIRED) if f"`{path}`" not in PAGE] == []


def test_alarms_are_about_what_is_counted() -> None:
    _, _, alarms = PAGE.partition("Worth an alarm")
    words = {
        word for word in alarms.replace("(", " ").replace("{", " ").replace("[", " ").split() if word.startswith("kallithea_")
    }
    known = {metric.name for metric in (*metrics.COUNTED, *metrics.ASKED)}

    assert {word.removesuffix("_total").removesuffix("_bucket") for word in words} <= known


def test_metrics_have_names_of_their_own() -> None:
    names = [metric.name for metric in (*metrics.COUNTED, *metrics.ASKED)]

    assert len(names) == len({*names})


def test_every_setting_about_watching_is_on_the_page() -> None:
    names = ("monitored_from", "metrics", "least_free_space", "slow_request")

    assert [name for name in names if f"`{name}" not in PAGE] == []
