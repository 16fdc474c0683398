"""The temporary PostgreSQL cluster."""

import signal
from pathlib import Path

import psycopg
import pytest

from launcher.postgres import TemporaryPostgres


def test_a_cluster_survives_a_crash_and_leaves_nothing_behind() -> None:
    with TemporaryPostgres() as postgres:
        url = postgres.create_database("kept")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE fact (text text)")
            connection.execute("INSERT INTO fact VALUES ('written')")
        postgres.stop(signal.SIGQUIT)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
        postgres.start()
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT text FROM fact").fetchall()
            where = connection.execute("SHOW data_directory").fetchone()
    assert rows == [("written",)]
    assert where is not None
    assert not Path(where[0]).exists()
