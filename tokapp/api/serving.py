"""The API on a port of its own, for other programs; off until somebody starts it with a token."""

from __future__ import annotations

import uvicorn

from tokapp.api.access import with_token
from tokapp.api.app import create_app
from tokapp.home import register_built_in_models
from tokapp.inference.resident import Resident
from tokapp.settings import Settings
from tokapp.store import Store

_CONNECTIONS = 256


def require_token(settings: Settings) -> None:
    """Raise BadInput without a token that cannot be guessed."""
    with_token(settings.api_token)


def serve(settings: Settings, host: str, port: int) -> None:
    """Answer until told to stop; raises BadInput without a token, StoreUnavailable."""
    admit = with_token(settings.api_token)
    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    try:
        register_built_in_models(store)
        app = create_app(settings, store, Resident(settings), admit=admit)
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=5,
        )
    finally:
        store.close()
