"""The PostgreSQL server that the load tests share with those of the store."""

from tests.postgres import postgres

__all__ = ["postgres"]
