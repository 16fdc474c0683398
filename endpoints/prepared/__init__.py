"""Questions to the database that are asked for every message, compiled once.

Django builds the SQL of a queryset anew at every use, which for a row with its
related rows takes several times what the database needs to find it. What is here
keeps its SQL and asks again with other values.
"""

from endpoints.prepared.inserting import PreparedInsert
from endpoints.prepared.selecting import PreparedSelect
from endpoints.prepared.statements import execute, execute_returning
from endpoints.prepared.updating import PreparedUpdate

__all__ = [
    "PreparedInsert",
    "PreparedSelect",
    "PreparedUpdate",
    "execute",
    "execute_returning",
]
