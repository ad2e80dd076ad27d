"""The test upstream's costs endpoint: what the provider bills, as a test writes it down.

upstream.costs.bills(day, "gpt-4-0613, input", "0.06")
"""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from aiohttp import web

ADMIN_KEY = "sk-admin-of-the-tests"


class Costs:
    def __init__(self) -> None:
        self.lines: dict[date, list[tuple[str, str]]] = defaultdict(list)
        self.missing: set[date] = set()
        self.currency = "usd"
        self.queries: list[dict[str, str]] = []
        self.fails_with = 0
        self.endless = False
        # How many buckets a day comes in.
        self.buckets_a_day = 1

    def bills(self, day: date, line_item: str, dollars: str) -> None:
        self.lines[day].append((line_item, dollars))

    async def serve(self, request: web.Request) -> web.Response:
        self.queries.append(dict(request.query))
        if request.headers.get("Authorization") != f"Bearer {ADMIN_KEY}":
            return _json({"error": {"code": "invalid_api_key", "type": "x"}}, 401)
        if self.fails_with:
            return _json({"error": {"message": "Something of the customer's."}}, self.fails_with)
        limit = int(request.query["limit"])
        first = _day(request.query.get("page") or request.query["start_time"])
        end = _day(request.query["end_time"])
        days = [first + timedelta(days=number) for number in range(min(limit, (end - first).days))]
        following = first + timedelta(days=len(days))
        more = following < end
        return _json(
            {
                "object": "page",
                "data": [
                    self._bucket(day)
                    for day in days
                    if day not in self.missing
                    for _ in range(self.buckets_a_day)
                ],
                "has_more": more or self.endless,
                "next_page": _seconds(first if self.endless else following) if more else None,
            }
        )

    def _bucket(self, day: date) -> dict[str, Any]:
        return {
            "object": "bucket",
            "start_time": int(_seconds(day)),
            "end_time": int(_seconds(day + timedelta(days=1))),
            "results": [
                {
                    "object": "organization.costs.result",
                    "amount": {"value": float(dollars), "currency": self.currency},
                    "line_item": line_item,
                    "project_id": None,
                }
                for line_item, dollars in self.lines[day]
            ],
        }


def _day(seconds: str) -> date:
    return datetime.fromtimestamp(int(seconds), UTC).date()


def _seconds(day: date) -> str:
    return str(int(datetime.combine(day, time.min, UTC).timestamp()))


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json", status=status)
