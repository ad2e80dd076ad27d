"""The shop's colour as a style sheet, and its logo: each kept by browsers for a year."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from chatsite.shop import colours, current_shop

# Another colour or logo has another address.
_for_ever = cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)


@require_safe
@_for_ever
def theme(request: HttpRequest, accent: str) -> HttpResponse:
    return HttpResponse(colours.css(f"#{accent}"), content_type="text/css; charset=utf-8")


@require_safe
@_for_ever
def logo(request: HttpRequest, digest: str) -> HttpResponse:
    shop = current_shop.shop()
    if digest not in shop.logo_url:
        # Another process has the new one already.
        current_shop.forget()
        shop = current_shop.shop()
    if digest not in shop.logo_url:
        raise Http404
    return HttpResponse(bytes(shop.logo), content_type="image/png")
