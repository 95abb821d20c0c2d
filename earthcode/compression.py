"""Compression of what the portal writes; static files are compressed when they are collected."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from zlib import MAX_WBITS, Z_SYNC_FLUSH, compressobj

import brotli
from django.utils.cache import patch_vary_headers

QUALITY = 5  # brotli's: 0.2 ms for a page, and 7 % smaller than 4; 11 takes a hundred times as long
SHORTEST = 200  # bytes: less is not worth a header
MOST_HELD = 65_536  # bytes of a stream that wait for more to be compressed together
WORDS = re.compile(r"(text/|image/svg\+xml|application/(.+\+)?(json|xml)\b)")


def compressed(get_response):
    """Middleware: answer in brotli or gzip (RFC 9110, 8.4) where a client can read it and nobody's secret is in it.

    Who can have a page hold a guess of theirs beside a secret learns from its length whether the guess was right
    (BREACH). So what is private stays as it is: only what is marked public, and what is answered without any cookie, is
    compressed. ConditionalGetMiddleware stands outside, so that each coding has an ETag of its own.
    """

    def middleware(request):
        response = get_response(request)
        if not (may_compress(request, response) and WORDS.match(response.get("Content-Type", ""))):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        coding = best_coding(request.headers.get("Accept-Encoding", ""))
        if coding and not response.has_header("Content-Encoding"):
            compress(response, coding, has_body=request.method != "HEAD")
        return response

    return middleware


def may_compress(request, response) -> bool:
    """Say whether `response` may be compressed as far as secrets go, see `compressed`."""
    public = "public" in response.get("Cache-Control", "")
    return public or not (request.COOKIES or response.cookies)


def best_coding(accepted: str) -> str | None:
    """Return "br", "gzip" or None for the header Accept-Encoding (RFC 9110, 12.5.3); what is refused has q=0."""
    qualities = {}
    for part in accepted.lower().split(",")[:20]:
        name, _, parameter = part.partition(";")
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter)
        qualities[name.strip()] = float(quality[1]) if quality else float(not parameter.strip())
    offered = {name: qualities.get(name, qualities.get("*", 0)) for name in ("br", "gzip")}
    best = max(offered, key=lambda name: offered[name])  # brotli where they are equal
    return best if offered[best] else None


def compress(response, coding: str, *, has_body: bool = True) -> None:
    """Have `response` sent in `coding`; what is streamed is compressed while it is sent."""
    if response.streaming:
        if response.has_header("Content-Length"):  # a file, which the web server may send by itself
            return
        if has_body:
            response.streaming_content = _pieces(response.streaming_content, coding)
    elif len(response.content) < SHORTEST:
        return
    else:
        response.content = b"".join(_pieces([response.content], coding))
        if response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
    response["Content-Encoding"] = coding
    if response.get("ETag", "").startswith('"'):
        response["ETag"] = f"W/{response['ETag']}"  # a view's own, which it gives whatever the coding


def _pieces(content: Iterable[bytes], coding: str) -> Iterator[bytes]:
    process: Callable[[bytes], bytes]
    if coding == "br":
        compressor = brotli.Compressor(quality=QUALITY)
        process, flush, finish = compressor.process, compressor.flush, compressor.finish
    else:
        deflating = compressobj(wbits=MAX_WBITS + 16)  # with the head and tail of gzip
        process, flush, finish = deflating.compress, partial(deflating.flush, Z_SYNC_FLUSH), deflating.flush
    held = 0
    for piece in content:
        found = process(piece)
        held += len(piece)
        if held >= MOST_HELD:
            found, held = found + flush(), 0
        if found:
            yield found
    yield finish()
