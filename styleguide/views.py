"""The pages of the pattern library: which components there are, each by itself, and sections on every ground."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone as clock
from django.views.decorators.http import require_safe

from .components import COMPONENTS
from .sections import SECTIONS


@require_safe
def index(request):
    return render(request, "styleguide/index.html", {"components": COMPONENTS, "sections": SECTIONS})


@require_safe
def component(request, slug):
    if slug not in COMPONENTS:
        raise Http404
    shown = COMPONENTS[slug]
    examples = list(shown.examples(clock.now()))
    if shown.is_page:
        (example,) = examples
        return render(request, example.template, example.context)
    return _page(
        request, shown, [(example.words, example.ground, example.html(request)) for example in examples]
    )


@require_safe
def section(request, name):
    """A section as its preview shows it to editors."""
    if name not in SECTIONS:
        raise Http404
    return _page(request, SECTIONS[name], SECTIONS[name].examples(request))


@require_safe
def grounds(request, name):
    """A section on every ground that editors can choose."""
    if name not in SECTIONS or not SECTIONS[name].grounds:
        raise Http404
    return _page(request, SECTIONS[name], SECTIONS[name].examples(request, SECTIONS[name].grounds))


def _page(request, shown, examples):
    context = {"component": shown, "examples": examples, **shown.surroundings()}
    return render(request, "styleguide/component.html", context)
