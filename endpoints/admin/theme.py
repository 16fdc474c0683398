"""The admin theme, with the types of Django's own classes that it extends."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextareaWidget

if TYPE_CHECKING:
    from typing import Any

    from django.contrib.admin import ModelAdmin as DjangoModelAdmin
    from django.contrib.admin import StackedInline, TabularInline

    ModelAdmin = DjangoModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin, StackedInline, TabularInline

__all__ = [
    "ModelAdmin",
    "StackedInline",
    "TabularInline",
    "UnfoldAdminPasswordWidget",
    "UnfoldAdminTextareaWidget",
    "detail_action",
]

View = TypeVar("View", bound=Callable[..., object])


def detail_action(
    *, description: str, url_path: str, permission: str = "change", icon: str = ""
) -> Callable[[View], View]:
    """A view of one object, with a button in the head of its page. The button only
    opens the view: what it changes, it changes on POST."""
    decorate: Callable[[View], View] = action(
        description=description,
        url_path=url_path,
        permissions=[permission],
        icon=icon or None,
    )
    return decorate
