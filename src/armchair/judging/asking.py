"""Asking a model which of two film strips shows the better clip, over the API that most servers speak.

`POST URL/chat/completions` with structured output (a JSON schema), as vLLM, Ollama, llama.cpp and hosts offer
it. Requests that fail for the moment (429, 5xx, timeouts) are made again with growing pauses by the client.
"""

from __future__ import annotations

import base64
import os
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict, ValidationError

from armchair.errors import ServiceError
from armchair.judging.deciding import Better
from armchair.judging.service import Service, check_url

PROMPT_TOKENS = 2500  # that a request is taken to have until the server has said how many one had
RETRIES = 6
LETTERS = 300  # of a reason that are kept
NAME = "verdict"

TOLD = (
    "You compare two short clips of a robot. Each clip is one picture, a film strip of six moments in order "
    "from left to right, over the same time. Where a magenta line is drawn on the last of the six, it is the "
    "way that the robot's tool went: pale where it began, full where it went later, with a dot where it "
    "ended. Judge by what can be seen. The order in which the clips are shown means nothing. Say in one "
    'short sentence why, then which clip is the better one for the question: "first" or "second"; "neither" '
    'if they are alike in this; "cannot_tell" if the pictures do not show it.'
)


class Judgement(BaseModel):
    """What the model is to reply. The reason comes first, so that it is there when the side is named."""

    model_config = ConfigDict(extra="forbid")

    why: str
    better: Better


class Said(NamedTuple):
    """What came of one request."""

    better: Better
    why: str
    tokens: int


class Model:
    """A model that looks at pictures, behind a server."""

    def __init__(self, service: Service) -> None:
        """Raises InvalidInput for a URL that is none. The key is that in OPENAI_API_KEY, if there is one."""
        check_url(service.url)
        self.service = service
        self._most = PROMPT_TOKENS
        self._client = openai.OpenAI(
            api_key=os.environ.get("OPENAI_API_KEY") or "none",  # servers of one's own want none
            base_url=service.url,
            timeout=service.timeout,
            max_retries=RETRIES,
        )

    @property
    def reserve(self) -> int:
        """Tokens that the next request may cost: the longest so far, and a reply of full length."""
        return self._most + self.service.reply

    def compare(self, question: str, first: bytes, second: bytes) -> Said:
        """Which of two film strips (JPEG) is better for the question.

        A reply that makes no sense, or a refusal, is "cannot tell". Raises ServiceError where the server
        cannot be reached, or refuses the request itself.
        """
        try:
            reply: object = self._client.chat.completions.create(
                model=self.service.model,
                messages=_messages(question, first, second),
                max_completion_tokens=self.service.reply,
                temperature=openai.omit if self.service.temperature is None else self.service.temperature,
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": NAME, "strict": True, "schema": Judgement.model_json_schema()},
                },
            )
        except openai.APIStatusError as error:
            raise ServiceError(
                f"{self._shown} refuses to judge with {self.service.model!r}: {error.status_code}, "
                f"{_one_line(str(error.message))}"
            ) from None
        except openai.APIConnectionError as error:
            late = isinstance(error, openai.APITimeoutError)
            why = f"no reply within {self.service.timeout:g} s" if late else _cause(error)
            raise ServiceError(
                f"{self._shown} cannot be reached, {RETRIES + 1} tries: {why}; is it running?"
            ) from None
        except (openai.APIError, ValueError) as error:  # what is sent as JSON and is none
            return Said("cannot_tell", f"no reply: {_one_line(str(error))}", self._most)
        return self._read(reply)

    def __enter__(self) -> Model:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _read(self, reply: object) -> Said:
        if not isinstance(reply, ChatCompletion):
            raise ServiceError(f"{self._shown} speaks another language: does its URL end in /v1?")
        message = reply.choices[0].message if reply.choices else None
        text = (message.content if message is not None else None) or ""
        tokens = self._count(reply, text)
        try:
            told = Judgement.model_validate_json(text)
        except ValidationError:
            refusal = message.refusal if message is not None else None
            return Said("cannot_tell", _one_line(f"no verdict: {refusal or text or 'nothing'}"), tokens)
        return Said(told.better, _one_line(told.why), tokens)

    def _count(self, reply: ChatCompletion, text: str) -> int:
        """The tokens of a request as the server says, or else as they are guessed."""
        used = reply.usage
        if used is None or not isinstance(used.prompt_tokens, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            return self._most + len(text) // 3
        self._most = max(self._most if self._most != PROMPT_TOKENS else 0, used.prompt_tokens)
        return used.prompt_tokens + max(used.completion_tokens or 0, 0)

    @property
    def _shown(self) -> str:
        parts = urlsplit(self.service.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _messages(question: str, first: bytes, second: bytes) -> list[ChatCompletionMessageParam]:
    return [
        {"role": "system", "content": TOLD},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "The first clip:"},
                {"type": "image_url", "image_url": {"url": _data_url(first)}},
                {"type": "text", "text": "The second clip:"},
                {"type": "image_url", "image_url": {"url": _data_url(second)}},
                {"type": "text", "text": f"The question: {question}"},
            ],
        },
    ]


def _data_url(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _one_line(text: str) -> str:
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return words if len(words) <= LETTERS else f"{words[: LETTERS - 2]} …"


def _cause(error: openai.APIConnectionError) -> str:
    return _one_line(str(error.__cause__ or error))
