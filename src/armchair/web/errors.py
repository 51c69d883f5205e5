"""Errors as the page gets them: {"error": one sentence, "code": one short word}, never a traceback.

Whoever opened the address in a browser gets the sentence as a page.
"""

from __future__ import annotations

import sqlite3
from typing import NoReturn

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

from armchair.errors import InvalidInput, MissingDependency, StoreError
from armchair.web.apology import apology, wants_page
from armchair.web.headers import SECURITY
from armchair.web.outer.base_path import base_of

CODES = {400: "bad", 404: "not_found", 405: "method", 413: "too_large", 415: "bad"}
RETRY = {429: 5, 503: 5}  # s after which a client may ask again, where nothing more exact is known


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, error: str, retry: int | None = None) -> None:
        """`code` is for the page, `error` for the person. retry: s after which to ask again."""
        super().__init__(error)
        self.status, self.code, self.retry = status, code, retry


def refuse(status: int, code: str, error: str, *, retry: int | None = None) -> NoReturn:
    """End the request with this error. retry: s after which to ask again (429, 503)."""
    raise Refused(status, code, error, retry)


def unusable(error: StoreError) -> bool:
    """Whether the database itself failed (disk full, locked, gone): the same request may work later."""
    return isinstance(error.__cause__, SQLAlchemyError | sqlite3.Error | OSError)


def response_to(error: Exception, scope: Scope) -> Response:
    """The error as it is sent. It brings the headers itself: bugs are answered outside the other layers."""
    status, code, text = _told(error)
    retry = (error.retry if isinstance(error, Refused) else None) or RETRY.get(status)
    headers = SECURITY if retry is None else {**SECURITY, "Retry-After": str(retry)}
    if wants_page(scope["method"], scope["path"], Headers(scope=scope).get("accept", "")):
        return HTMLResponse(apology(status, text, base_of(scope)), status, headers=headers)
    return JSONResponse({"error": text, "code": code}, status, headers=headers)


def _told(error: Exception) -> tuple[int, str, str]:
    """Status, code and error."""
    match error:
        case Refused():
            return error.status, error.code, str(error)
        case HTTPException():
            return error.status_code, CODES.get(error.status_code, "bad"), str(error.detail)
        case RequestValidationError():
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"] if part != "body")
            return 422, "bad", f"{where or 'the request'}: {first['msg']}"
        case MissingDependency():
            return 501, "missing", str(error)
        case InvalidInput():
            return 422, "bad", str(error)
        case StoreError() if unusable(error):
            return 503, "store", f"{error}; what was not saved can be sent again"
        case StoreError():
            return 409, "conflict", str(error)
        case _:
            return 500, "bug", "something went wrong in the server; its terminal says what"


async def _respond(request: Request, error: Exception) -> Response:
    return response_to(error, request.scope)


def install(app: FastAPI) -> None:
    """Have the app answer errors like this."""
    kinds = (Refused, HTTPException, RequestValidationError, MissingDependency, InvalidInput, StoreError)
    for kind in (*kinds, Exception):
        app.add_exception_handler(kind, _respond)
