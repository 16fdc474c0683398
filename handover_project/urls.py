"""All addresses of the `web` process."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from handover_project import metrics, people_admin
from handover_project.front_door import endpoint_url
from handover_project.operations import healthz, readyz

# Registered by being imported, like every admin module.
REGISTERED = (metrics, people_admin)

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("django_prometheus.urls")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("", include("handover.botapi.urls")),
    path("", include("agentassist.urls")),
    path("", include("handover.webhooks.urls")),
    re_path(r"^(?P<url_token>[0-9a-f]{64})/?$", endpoint_url, name="endpoint"),
    path("", include("handover.channels.urls")),
]
