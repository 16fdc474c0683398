"""What the API refuses by itself, before or instead of asking a service.

Apart from `problems`, because DRF loads the authentication classes while it is itself
being imported.
"""

from rest_framework.exceptions import APIException

from handover.botapi.problem_codes import PROBLEMS


class ApiRefusal(APIException):
    """`code` is a row of `problem_codes`; `field` names what is wrong, if one is."""

    def __init__(self, code: str, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail=detail, code=code)
        self.code = code
        self.field = field
        self.status_code = PROBLEMS[code].status
