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
    """An answer other than the one asked for."""

    def __init__(self, status: int, code: str, error: str) -> None:
        """`code` is for the page, `error` for the person."""
        super().__init__(error)
        self.status, self.code, self.error = status, code, error


def refuse(status: int, code: str, error: str) -> NoReturn:
    """End the request with this error."""
    raise Refused(status, code, error)


def unusable(error: StoreError) -> bool:
    """Whether the database itself failed (disk full, locked, gone): the same request may work later."""
    return isinstance(error.__cause__, SQLAlchemyError | sqlite3.Error | OSError)


def _json(status: int, code: str, error: str) -> JSONResponse:
    return JSONResponse({"error": error, "code": code}, status)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return _json(error.status, error.code, error.error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _json(error.status_code, CODES.get(error.status_code, "bad"), str(error.detail))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    return _json(422, "bad", str(error))


async def _unread(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "body")
    return _json(422, "bad", f"{where or 'the request'}: {first['msg']}")


async def _store(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StoreError)
    if unusable(error):
        return _json(503, "store", f"{error}; what was not saved can be sent again")
    return _json(409, "conflict", str(error))


async def _bug(request: Request, error: Exception) -> JSONResponse:
    """Sent from outside the other layers, so it brings the headers itself."""
    words = "something went wrong in the server; its terminal says what"
    return JSONResponse({"error": words, "code": "bug"}, 500, headers=SECURITY)


def install(app: FastAPI) -> None:
    """Have the app answer with these."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unread)
    app.add_exception_handler(InvalidInput, _invalid)
    app.add_exception_handler(StoreError, _store)
    app.add_exception_handler(Exception, _bug)
