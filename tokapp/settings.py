"""Settings: one frozen object, read once from the environment and passed down."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args
from urllib.parse import urlsplit

from tokapp.errors import BadInput

Auth: TypeAlias = Literal["none", "local", "oidc"]
Precision: TypeAlias = Literal["float32", "bfloat16"]
Reducer: TypeAlias = Literal["max", "min"]
FAILURES = "failures.jsonl"
"""The list in a job's folder of what did not go in."""
JUDGED = "judged.jsonl"
"""What a judging job found about each document, in its folder."""
_DEVICES = ("auto", "cuda", "mps", "cpu")
_AT_COMMIT = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things live and what they run on; `threads` 0 means: measure and choose.

    `auth` says who comes in: "none" is one local user, "local" has accounts with passwords, "oidc" asks a provider.
    `precision` is what models compute in while they predict and explain, `reducer` which row of passages decides about
    a word of an answer (None: the one that the model was made with). `remote_code` are the hub models, as
    owner/name@commit, whose own Python code may be run. `ray_address` is the cluster that scores many documents.
    `api_token` is what programs show to the HTTP API. `llm_url` is the address of an OpenAI-compatible server, as it
    stands before /chat/completions, `llm_model` the model it is asked for, and `llm_key` what it is shown.
    `hub_token` is what the model hub is shown when somebody sends a model there, `mlflow_uri` where trainings are
    logged as well.
    """

    home: Path
    database_url: str
    device: str = "auto"
    threads: int = 0
    auth: Auth = "none"
    remote_code: frozenset[str] = frozenset()
    precision: Precision = "float32"
    reducer: Reducer | None = None
    ray_address: str = ""
    api_token: str = field(default="", repr=False)
    llm_url: str = ""
    llm_model: str = ""
    llm_key: str = field(default="", repr=False)
    hub_token: str = field(default="", repr=False)
    mlflow_uri: str = ""

    @property
    def door(self) -> Path:
        """The Unix socket through which a running worker answers small requests of the same user."""
        return self.home / "door.sock"

    @property
    def models(self) -> Path:
        """Folder of the trained model versions."""
        return self.home / "models"

    @property
    def uploads(self) -> Path:
        """Folder of what people uploaded until a job has taken it in."""
        return self.home / "uploads"

    def job_folder(self, job_id: int) -> Path:
        """The folder of a job, which outlives its attempts."""
        return self.home / "jobs" / str(job_id)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the `TOKAPP_...` variables; raises BadInput naming the one that is wrong."""
        home = Path(environment.get("TOKAPP_HOME") or "~/.tokapp").expanduser().resolve()
        if home.exists() and not home.is_dir():
            raise BadInput(f"TOKAPP_HOME is {str(home)!r}, which is a file; name a folder (it need not be there)")
        device = environment.get("TOKAPP_DEVICE", "auto").lower() or "auto"
        if device.split(":")[0] not in _DEVICES:
            raise BadInput(f"TOKAPP_DEVICE is {device!r}; use one of {', '.join(_DEVICES)}")
        threads = environment.get("TOKAPP_THREADS", "0") or "0"
        if not threads.isdecimal():
            raise BadInput(f"TOKAPP_THREADS is {threads!r}; use a whole number, 0 chooses by itself")
        auth = environment.get("TOKAPP_AUTH", "none").lower() or "none"
        if auth not in get_args(Auth):
            raise BadInput(f"TOKAPP_AUTH is {auth!r}; use one of {', '.join(get_args(Auth))}")
        precision = environment.get("TOKAPP_PRECISION", "float32").lower() or "float32"
        if precision not in get_args(Precision):
            raise BadInput(f"TOKAPP_PRECISION is {precision!r}; use one of {', '.join(get_args(Precision))}")
        reducer = environment.get("TOKAPP_REDUCER", "").lower() or None
        if reducer not in (None, *get_args(Reducer)):
            raise BadInput(f"TOKAPP_REDUCER is {reducer!r}; use one of {', '.join(get_args(Reducer))}")
        llm_url, llm_model = _chat(environment)
        url = environment.get("TOKAPP_DATABASE_URL") or f"sqlite:///{home / 'tokapp.db'}"
        return cls(
            home=home,
            database_url=url,
            device=device,
            threads=int(threads),
            auth=cast(Auth, auth),
            precision=cast(Precision, precision),
            reducer=cast("Reducer | None", reducer),
            remote_code=_allowed_code(environment.get("TOKAPP_REMOTE_CODE", "")),
            ray_address=environment.get("TOKAPP_RAY_ADDRESS", ""),
            api_token=environment.get("TOKAPP_API_TOKEN", ""),
            llm_url=llm_url,
            llm_model=llm_model,
            llm_key=environment.get("TOKAPP_LLM_KEY", ""),
            hub_token=environment.get("TOKAPP_HUB_TOKEN") or environment.get("HF_TOKEN", ""),
            mlflow_uri=environment.get("MLFLOW_TRACKING_URI", ""),
        )

    def require_private(self, address: str | None) -> None:
        """Raise BadInput if anybody else could reach a server on that address while nobody has to sign in."""
        if self.auth == "none" and not _is_loopback(address):
            raise BadInput(
                f"without sign-in tokapp listens on 127.0.0.1 only, not on {address or 'every address'}: whoever "
                "reaches it could change everything. Set TOKAPP_AUTH=local and add an account: "
                "tokapp users add NAME --role admin"
            )


def _allowed_code(names: str) -> frozenset[str]:
    """Names of models with a whole commit: a branch or tag could bring other code tomorrow."""
    found = frozenset(names.replace(",", " ").split())
    for name in found:
        if not _AT_COMMIT.fullmatch(name):
            raise BadInput(f"TOKAPP_REMOTE_CODE names {name!r}; use owner/name@commit with the commit's 40 digits")
    return found


def _chat(environment: Mapping[str, str]) -> tuple[str, str]:
    """Address and model of a chat endpoint; the key never stands in the address, which is shown and logged."""
    url, model = environment.get("TOKAPP_LLM_URL", "").rstrip("/"), environment.get("TOKAPP_LLM_MODEL", "")
    if not url:
        return "", ""
    if not _is_plain_address(url):
        raise BadInput(
            "TOKAPP_LLM_URL must be like https://host/v1, without a name, a password or a question mark; "
            "a key goes into TOKAPP_LLM_KEY"
        )
    if not model:
        raise BadInput("TOKAPP_LLM_URL needs TOKAPP_LLM_MODEL beside it: name the model that is to be asked")
    return url, model


def _is_plain_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_open = parts.username is None and parts.password is None and (parts.port or 1) > 0
    except ValueError:  # a port or an address in brackets that is none
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_open and not parts.query + parts.fragment


def _is_loopback(address: str | None) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
