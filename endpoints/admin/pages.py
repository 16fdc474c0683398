"""Pages of the admin that ask first, or that show the outcome of an action."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Model
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from endpoints.admin.theme import ModelAdmin


def ask_first(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    text: str,
    button: str,
    row: Model | None = None,
    danger: bool = False,
    form: Form | None = None,
    hidden: Sequence[tuple[str, str]] = (),
    items: Sequence[str] = (),
) -> HttpResponse:
    """A page with one button that posts to the same address."""
    context = {
        "text": text,
        "button": button,
        "danger": danger,
        "form": form,
        "hidden": hidden,
        "items": items,
    }
    return _page(model_admin, request, "confirm", title, row, context)


def show_secret_once(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    text: str,
    secret: str,
    row: Model,
) -> HttpResponse:
    """Rendered straight from the POST: a redirect would need to keep the secret."""
    context = {"text": text, "secret": secret}
    return _page(model_admin, request, "secret", title, row, context)


def show_checks(
    model_admin: ModelAdmin,
    request: HttpRequest,
    *,
    title: str,
    checks: Sequence[object],
    row: Model,
) -> HttpResponse:
    return _page(model_admin, request, "checks", title, row, {"checks": checks})


def _page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    template: str,
    title: str,
    row: Model | None,
    context: Mapping[str, Any],
) -> HttpResponse:
    return TemplateResponse(
        request,
        f"admin/endpoints/{template}.html",
        {
            **model_admin.admin_site.each_context(request),
            "title": title,
            "opts": model_admin.opts,
            "original": row,
            "media": model_admin.media,
            **context,
        },
    )
