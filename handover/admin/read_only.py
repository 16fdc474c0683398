"""Admin pages that show history: nothing can be added, changed or deleted."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

from endpoints.admin.theme import ModelAdmin

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

# Beyond this nobody pages; counting millions of rows for a page number is not worth it.
MOST_LISTED = 10_000


class CappedPaginator(AnyPaginator):
    """Counts and lists the first MOST_LISTED rows; filters and search find the rest."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:MOST_LISTED].count())


class ReadOnlyAdmin(ModelAdmin):
    """View permission shows everything; the other permissions allow no editing.

    What can be done with a row is an action of its own, see `may_act`.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 200
    # Counts beside the filters would read the whole table, once for each of them.
    show_facets = ShowFacets.NEVER

    class Media:
        css = {"all": ("handover_admin/pages.css", "endpoints/admin.css")}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """The buttons in the head of a page, where there is something to do."""
        row = self.get_object(request, object_id)
        if row is None or not self.can_act_on(row):
            return []
        # Of the theme, which has no types.
        return list(super().get_actions_detail(request, object_id))  # type: ignore[misc]

    def can_act_on(self, row: Any) -> bool:
        """Whether the state of the row leaves something to do."""
        return True

    def may_act(self, request: HttpRequest) -> bool:
        """Whether this person may act on rows: Django's change permission says it."""
        permission = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return self.has_view_permission(request) and request.user.has_perm(permission)
