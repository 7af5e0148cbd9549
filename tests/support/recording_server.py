"""A server on loopback that answers what a test wrote down, and remembers what it was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass(frozen=True)
class Asked:
    """One request: parameters of the query and of the body together."""

    method: str
    path: str
    params: Any
    headers: dict[str, str] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class RecordingServer:
    """`answers`: "GET /path" → the JSON to answer, (status, JSON) or a function of the parameters; others get 404."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[Asked] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        params: Any = dict(request.query)
        if body.startswith("["):
            params = json.loads(body)
        elif body:
            params |= json.loads(body) if body.startswith("{") else dict(parse_qsl(body))
        asked = Asked(request.method, request.path, params, dict(request.headers))
        self.asked.append(asked)
        answer = self.answers.get(asked.name, (404, {"code": "404", "msg": "no such path"}))
        if callable(answer):
            answer = answer(params)
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(content, str):
            return web.Response(status=status, text=content, content_type="application/json")
        return web.json_response(content, status=status)

    def last(self, name: str) -> Any:
        """The parameters of the last request of that name."""
        return next(one.params for one in reversed(self.asked) if one.name == name)

    def names(self) -> list[str]:
        """What was asked, in order."""
        return [one.name for one in self.asked]
