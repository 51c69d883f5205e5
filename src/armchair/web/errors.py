"""Errors as the page gets them: {"error": one sentence, "code": one short word}, never a traceback."""

from __future__ import annotations

import sqlite3
from typing import NoReturn

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from armchair.errors import InvalidInput, StoreError
from armchair.web.headers import SECURITY

CODES = {400: "bad", 404: "not_found", 405: "method", 413: "too_large", 415: "bad"}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, code: str, error: str) -> None:
        """`code` is for the page, `error` for the person."""
        super().__init__(error)
        self.status, self.code = status, code


def refuse(status: int, code: str, error: str) -> NoReturn:
    """End the request with this error."""
    raise Refused(status, code, error)


def unusable(error: StoreError) -> bool:
    """Whether the database itself failed (disk full, locked, gone): the same request may work later."""
    return isinstance(error.__cause__, SQLAlchemyError | sqlite3.Error | OSError)


def response_to(error: Exception) -> JSONResponse:
    """The error as it is sent. It brings the headers itself: bugs are answered outside the other layers."""
    status, code, text = _told(error)
    return JSONResponse({"error": text, "code": code}, status, headers=SECURITY)


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
        case InvalidInput():
            return 422, "bad", str(error)
        case StoreError() if unusable(error):
            return 503, "store", f"{error}; what was not saved can be sent again"
        case StoreError():
            return 409, "conflict", str(error)
        case _:
            return 500, "bug", "something went wrong in the server; its terminal says what"


async def _respond(request: Request, error: Exception) -> JSONResponse:
    return response_to(error)


def install(app: FastAPI) -> None:
    """Have the app answer errors like this."""
    for kind in (Refused, HTTPException, RequestValidationError, InvalidInput, StoreError, Exception):
        app.add_exception_handler(kind, _respond)
