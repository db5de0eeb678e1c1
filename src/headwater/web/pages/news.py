"""Live news: one stream of server-sent events for a browser, or a question every 15 seconds where it has none.

An event holds a topic and a number made of what its reader may see; what is new is fetched by the page, under the reader's rights.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from headwater.node import signin
from headwater.web.live import Beat, Pulse
from headwater.web.page import Context, Page

EVERY_S: Final = 1.0
CHECK_EVERY_S: Final = 5.0
"""Where nothing has changed, a stream asks so often whether its session still holds."""
STILL_THERE_S: Final = 15.0
"""A comment so often, so that proxies keep the line open and a browser that went away is noticed."""


def ask(ctx: Context) -> Response:
    """Answer with the newest numbers, or that nothing has changed."""
    beat = ctx.site.pulse.beat(ctx.session)
    tag = f'"{beat.tag}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if ctx.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return JSONResponse(dict(beat.numbers), headers=headers)


def listen(ctx: Context) -> Response:
    """Open the stream; it ends with the session and with the node."""
    return StreamingResponse(_beats(ctx), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _beats(ctx: Context) -> AsyncIterator[bytes]:
    pulse: Pulse = ctx.site.pulse
    last, quiet_s = "", 0.0
    end: tuple[int, ...] | None = None
    unchecked_s = 0.0
    yield b"retry: 5000\n\n"
    while not pulse.stopping.is_set():
        if pulse.is_stale:
            await run_in_threadpool(pulse.look)
        if pulse.end == end and unchecked_s < CHECK_EVERY_S and quiet_s < STILL_THERE_S:
            await asyncio.sleep(EVERY_S)
            quiet_s, unchecked_s = quiet_s + EVERY_S, unchecked_s + EVERY_S
            continue
        end, unchecked_s = pulse.end, 0.0
        beat = await run_in_threadpool(_beat, ctx)
        if beat is None:
            return
        if beat.tag != last:
            last, quiet_s = beat.tag, 0.0
            yield f"event: beat\ndata: {json.dumps(dict(beat.numbers))}\n\n".encode()
        elif quiet_s >= STILL_THERE_S:
            quiet_s = 0.0
            yield b": still there\n\n"
        await asyncio.sleep(EVERY_S)
        quiet_s, unchecked_s = quiet_s + EVERY_S, unchecked_s + EVERY_S


def _beat(ctx: Context) -> Beat | None:
    """Return the newest beat, None where the session holds no more."""
    signed = signin.signed_in(ctx.node, ctx.token)
    return ctx.site.pulse.beat(signed.session) if signed else None


PAGES = (
    Page("/pulse", "pulse", ask),
    Page("/events", "pulse", listen),
)
