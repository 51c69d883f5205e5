"""An exported folder on the Hugging Face Hub: `hub:USER/NAME`. A new repository is private."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from armchair.errors import InvalidInput, RunError
from armchair.offers.extras import need

PREFIX = "hub:"
FORM = f"{PREFIX}USER/NAME, such as {PREFIX}ann/reach-policy"


def check_push(where: str) -> str:
    """The repository's id in `hub:USER/NAME`, once all is there that a push needs.

    Raises InvalidInput for a name that cannot be and where there is no token, MissingDependency without the
    extra `hub`; nothing is sent.
    """
    if not where.startswith(PREFIX):
        raise InvalidInput(f"--push takes {FORM}, got {where!r}")
    need("hub", "--push")
    from huggingface_hub import get_token
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    name = where.removeprefix(PREFIX)
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        told = _line(error).split(". ")[0].rstrip(".:")
        raise InvalidInput(f"--push takes {FORM}, got {where!r}: {told}") from None
    if name.count("/") != 1:
        raise InvalidInput(f"--push takes {FORM}, got {where!r}: say whose it is")
    if get_token() is None:
        raise InvalidInput(
            "--push needs a token of the Hub that may write: run `hf auth login`, or set HF_TOKEN"
        )
    return name


def push(name: str, folder: Path, files: Sequence[str], message: str) -> str:
    """Send files of a folder to the repository `name`, which is made, private, if there is none. -> its URL.

    Raises RunError in one line for whatever the Hub, or the way to it, says.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    with _translated(name):
        api = HfApi(library_name="armchair")
        api.create_repo(name, private=True, exist_ok=True)
        adding = [CommitOperationAdd(file, str(folder / file)) for file in files]
        api.create_commit(name, adding, commit_message=message)
        return f"{api.endpoint}/{name}"


@contextmanager
def _translated(name: str) -> Generator[None]:
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        why = {
            401: "the token is not valid: run `hf auth login`, or set HF_TOKEN",
            403: "the token may not write there: make one that may, or take a name of your own",
        }.get(status, f"it answered {status}: {_line(error)[:200]}")
        raise RunError(f"cannot push to {PREFIX}{name}: {why}") from None
    except (OSError, ValueError, HFValidationError) as error:
        raise RunError(f"cannot push to {PREFIX}{name}: {_line(error)[:200]}") from None
    except Exception as error:
        if not _of_network(error):
            raise
        raise RunError(
            f"cannot push to {PREFIX}{name}: the Hub is not reached: {_line(error)[:200]}"
        ) from None


def _of_network(error: Exception) -> bool:
    """Whether it is of the HTTP client, whichever the Hub's package has."""
    return type(error).__module__.partition(".")[0] in (
        "httpx",
        "httpx2",
        "httpcore",
        "httpcore2",
        "requests",
    )


def _line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__
