"""Answers that need not be sent again."""

from hashlib import blake2b

from fastapi import Request, Response


def tagged(request: Request, body: str | bytes, *, media_type: str) -> Response:
    """The body with its ETag, or 304 if the client has it already (RFC 9110, section 13.1.2)."""
    content = body.encode() if isinstance(body, str) else body
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
