"""Plants the initial content of `seed/`: each page once, and never again over what an editor made of it.

`read` turns the data files into checked seeds without touching the database; `plant` makes of them what was
never made before, in one transaction. A page is named by its path in the data ("/events/foss4g-2025/"), and
`SeedRecord` remembers under that name which page came of it, wherever editors have taken it since. What is no page is
named by its model and what tells it apart: a word by which editors sort pages by its slug
("events.EventTopic: oceans"), a source of events by its name.
"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.blocks import Block
from wagtail.blocks.base import get_error_json_data
from wagtail.blocks.list_block import ListBlock
from wagtail.blocks.stream_block import BaseStreamBlock
from wagtail.blocks.struct_block import BaseStructBlock
from wagtail.fields import StreamField
from wagtail.models import Page, Site, WorkflowContentType

from .models import HomePage, SeedRecord, SiteSettings

DIRECTORY = Path(__file__).parent / "seed"
WELCOME_TITLE = "Welcome to your new Wagtail site!"

CREATED = "created"
THERE = "already there"
DELETED = "left alone: an editor deleted it"
NO_PARENT = "left alone: the page above it is gone"
NO_PAGE = "left alone: the page that it belongs to is gone"
ADDRESS_TAKEN = "left alone: another page has its address"
EDITED = "left alone: an editor wrote them"
NO_SITE = "left alone: there is no default site"

KINDS: dict[type, str] = {list: "list", dict: "table", str: "text"}

SETTINGS_KEY = "settings"
PERMISSIONS_KEY = "permissions"


class SeedError(Exception):
    """Nothing was planted; the message names the data file and the key, or says what stands in the way."""


@dataclass(frozen=True)
class Seed:
    """The values of one model instance as the data file gives them, sorted by how they are set."""

    source: str
    """Where it stands, for error messages: `events.toml: /events/foss4g-2025/`."""
    model: type[Any]
    path: str = ""
    names: tuple[str, ...] = ()
    """The fields that tell it from others, if it is no page; the first is what `SeedRecord` knows it by."""
    values: dict[str, Any] = field(default_factory=dict)
    streams: dict[str, list] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)
    """Field -> the slugs of words of the vocabulary."""
    pages: dict[str, str] = field(default_factory=dict)
    """Field -> the path of a page; of what is no page itself."""
    children: dict[str, list["Seed"]] = field(default_factory=dict)

    @property
    def parent_path(self) -> str:
        return self.path.rstrip("/").rpartition("/")[0] + "/"

    @property
    def slug(self) -> str:
        return self.values.get("slug") or self.path.strip("/").rpartition("/")[2]

    @property
    def key(self) -> str:
        return self.path or _key(self.model, self.values[self.names[0]])


@dataclass(frozen=True)
class SiteSeed:
    name: str
    settings: Seed
    permissions: dict[str, list[str]]
    """What each group may do besides Wagtail's own: group name -> `app.codename`."""
    words: list[Seed]
    """The vocabulary: what has a name and a slug and is no page."""
    pages: list[Seed]
    """Parents before their children, otherwise in the order of the files."""
    sources: list[Seed]
    """Where events may be imported from."""


# Reading: files in, checked seeds out


def read(directory: Path) -> SiteSeed:
    """The seed in `site.toml`, `vocabulary.toml`, `sources.toml` and `pages/*.toml` of `directory`; raise SeedError
    at the first mistake."""
    site = _load(directory / "site.toml", {"name", "settings", "permissions"})
    words = _row_seeds(directory / "vocabulary.toml", "word", ("slug", "name"))
    sources = _row_seeds(directory / "sources.toml", "source", ("name", "address"))
    pages = [
        _page_seed(file.name, table)
        for file in sorted((directory / "pages").glob("*.toml"))
        for table in _load(file, {"page"})["page"]
    ]
    pages.sort(key=lambda page: (page.path != "/", page.path.count("/")))
    settings = _seed("site.toml: settings", SiteSettings, site["settings"])
    seed = SiteSeed(site["name"], settings, site["permissions"], words, pages, sources)
    _check_paths(seed)
    _check_words(seed)
    return seed


def _load(file: Path, keys: set[str]) -> dict[str, Any]:
    """The tables of a TOML file that has to have exactly these `keys` at its top."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SeedError(f"{file.name}: {error}") from error
    for key in sorted(keys ^ data.keys()):
        raise SeedError(
            f"{file.name}: {key}: " + ("it is missing" if key in keys else "there is no such key")
        )
    return data


def _page_seed(file_name: str, table: dict[str, Any]) -> Seed:
    content = dict(table)
    path = str(content.pop("path", ""))
    if not (path.startswith("/") and path.endswith("/")):
        raise SeedError(f"{file_name}: path: “{path}” has to begin and end with a slash")
    source = f"{file_name}: {path}"
    model = _model(content, source)
    if not issubclass(model, Page):
        raise SeedError(f"{source}: model: “{model._meta.label}” is not a page")
    return _seed(source, model, content, path)


def _row_seeds(file: Path, key: str, names: tuple[str, ...]) -> list[Seed]:
    """The seeds of `file`, whose tables are called `key`; each of them says its `names`."""
    return [_row_seed(file.name, table, names) for table in _load(file, {key})[key]]


def _row_seed(file_name: str, table: dict[str, Any], names: tuple[str, ...]) -> Seed:
    content = dict(table)
    source = f"{file_name}: {content.get(names[0])}"
    for name in names:
        _require(content.get(name), str, f"{source}: {name}")
    return _seed(source, _model(content, source), content, names=names)


def _model(content: dict[str, Any], source: str) -> type[Any]:
    """The model that `content` names, which is taken out of it."""
    label = str(content.pop("model", ""))
    try:
        return apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise SeedError(f"{source}: model: there is no “{label}”") from error


def _key(model: type[Any], name: str) -> str:
    return f"{model._meta.label}: {name}"


def _seed(
    source: str, model: type[Any], content: dict[str, Any], path: str = "", names: tuple[str, ...] = ()
) -> Seed:
    fields = {
        field.name: field for field in model._meta.concrete_fields if field.editable and not field.is_relation
    }
    relations = {relation.get_accessor_name(): relation for relation in get_all_child_relations(model)}
    is_page = issubclass(model, Page)
    one = {field.name for field in model._meta.concrete_fields if is_page and field.many_to_one}
    many = {field.name for field in model._meta.many_to_many if is_page}
    to_page = {
        field.name
        for field in model._meta.concrete_fields
        if names and field.many_to_one and issubclass(field.related_model, Page)
    }
    seed = Seed(source=source, model=model, path=path, names=names)
    for name, value in content.items():
        where = f"{source}: {name}"
        if name in relations:
            child_model = relations[name].related_model
            rows = enumerate(_require(value, list, where))
            seed.children[name] = [_seed(f"{where}[{i}]", child_model, row) for i, row in rows]
        elif name in one:
            seed.words[name] = [_require(value, str, where)]
        elif name in many:
            seed.words[name] = [_require(slug, str, where) for slug in _require(value, list, where)]
        elif name in to_page:
            seed.pages[name] = _require(value, str, where)
        elif name not in fields:
            raise SeedError(f"{where}: {model._meta.label} has no such field")
        elif isinstance(fields[name], StreamField):
            _check_shape(where, fields[name].stream_block, value)
            seed.streams[name] = value
        else:
            seed.values[name] = value
    return seed


def _check_shape(where: str, block: Block, data: Any) -> None:
    """Refuse what Wagtail would drop without a word: unknown blocks and keys, values of another shape."""
    if isinstance(block, BaseStreamBlock):
        for i, item in enumerate(_require(data, list, where)):
            kind = _require(item, dict, f"{where}[{i}]").get("type")
            if kind not in block.child_blocks or item.keys() != {"type", "value"}:
                raise SeedError(f"{where}[{i}]: “{kind}” is no block with a type and a value")
            _check_shape(f"{where}[{i}]", block.child_blocks[kind], item["value"])
    elif isinstance(block, ListBlock):
        for i, item in enumerate(_require(data, list, where)):
            _check_shape(f"{where}[{i}]", block.child_block, item)
    elif isinstance(block, BaseStructBlock):
        for name, value in _require(data, dict, where).items():
            if name not in block.child_blocks:
                raise SeedError(f"{where}.{name}: there is no such key")
            _check_shape(f"{where}.{name}", block.child_blocks[name], value)


def _require(data: Any, kind: type, where: str) -> Any:
    if not isinstance(data, kind):
        raise SeedError(f"{where}: it has to be a {KINDS[kind]}")
    return data


def _check_paths(seed: SiteSeed) -> None:
    if not (seed.pages and seed.pages[0].path == "/" and seed.pages[0].model is HomePage):
        raise SeedError("pages: path: the page “/” has to be there, an earthcode.HomePage")
    paths: set[str] = set()
    for page in seed.pages:
        if page.path in paths:
            raise SeedError(f"{page.source}: path: it stands here for the second time")
        if page.path != "/" and page.parent_path not in paths:
            raise SeedError(f"{page.source}: path: there is no page {page.parent_path} above it")
        paths.add(page.path)
    for holder in [*seed.pages, seed.settings]:
        for target in _links(holder.streams):
            if target not in paths:
                raise SeedError(f"{holder.source}: page: the link to “{target}” leads nowhere")
    for source in seed.sources:
        for name, path in source.pages.items():
            if path not in paths:
                raise SeedError(f"{source.source}: {name}: there is no page {path}")


def _check_words(seed: SiteSeed) -> None:
    known = {word.key for word in seed.words}
    for page in seed.pages:
        for name, slugs in page.words.items():
            model = page.model._meta.get_field(name).related_model
            for slug in slugs:
                if _key(model, slug) not in known:
                    raise SeedError(f"{page.source}: {name}: vocabulary.toml has no “{slug}” of this kind")


def _links(data: Any) -> Iterator[str]:
    """The paths of all pages that StreamField data links to."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "page":
                yield value
            else:
                yield from _links(value)
    elif isinstance(data, list):
        for item in data:
            yield from _links(item)


# Planting: seeds in, pages and records out


@transaction.atomic
def plant(seed: SiteSeed) -> list[tuple[str, str]]:
    """Make what was never made before; return (name, what became of it) for each page, each row and the settings.

    Raise SeedError, with nothing written, for values that the models refuse and for a site that already has a
    home page of another kind.
    """
    # Two servers that start at the same moment seed one after the other.
    root = Page.objects.select_for_update().get(depth=1)
    page_ids: dict[str, int | None] = dict(SeedRecord.objects.values_list("key", "page_id"))
    report = _plant_rows(seed.words, page_ids)
    created = []
    for page in seed.pages:
        if page.path in page_ids:
            outcome = THERE if page_ids[page.path] else DELETED
        else:
            parent_id = root.pk if page.path == "/" else page_ids.get(page.parent_path)
            parent = Page.objects.filter(pk=parent_id).first()
            outcome, instance = _plant_page(page, parent, seed.name)
            if instance:
                page_ids[page.path] = instance.pk
                SeedRecord.objects.create(key=page.path, page=instance)
            if outcome == CREATED:
                created.append(page)
        report.append((page.path, outcome))
    # Links are set when all pages exist. Each page is read again: by now it may have children.
    for page in created:
        instance = page.model.objects.get(pk=page_ids[page.path])
        _set_streams(page, instance, page_ids)
        instance.save_revision(clean=False).publish()
    report.extend(_plant_rows(seed.sources, page_ids))
    report.append(("navigation and footer", _plant_settings(seed.settings, page_ids)))
    report.append(("permissions of editors", _plant_permissions(seed.permissions, page_ids)))
    return report


def _plant_rows(seeds: list[Seed], page_ids: dict[str, int | None]) -> list[tuple[str, str]]:
    known = {
        (model, text)
        for model, names in {(seed.model, seed.names) for seed in seeds}
        for texts in model.objects.values_list(*names)
        for text in texts
    }
    return [(seed.key, _plant_row(seed, page_ids, known)) for seed in seeds]


def _plant_row(seed: Seed, page_ids: dict[str, int | None], known: set[tuple[type, str]]) -> str:
    # What an editor made under one of its names is as good.
    is_there = not known.isdisjoint((seed.model, seed.values[name]) for name in seed.names)
    if seed.key in page_ids:
        return THERE if is_there else DELETED
    if not is_there:
        if not all(page_ids.get(path) for path in seed.pages.values()):
            return NO_PAGE
        instance = seed.model(**seed.values)
        for name, path in seed.pages.items():
            setattr(instance, seed.model._meta.get_field(name).attname, page_ids[path])
        with _blaming(seed.source):
            instance.full_clean()
        instance.save()
    SeedRecord.objects.create(key=seed.key)
    return THERE if is_there else CREATED


def _plant_page(seed: Seed, parent: Page | None, site_name: str) -> tuple[str, Page | None]:
    """What became of `seed` under `parent`, and its page, if it has one: made now or found there."""
    if parent is None:
        return NO_PARENT, None
    found = _existing_home() if seed.path == "/" else parent.get_children().filter(slug=seed.slug).first()
    if found:
        return (THERE, found) if found.specific_class is seed.model else (ADDRESS_TAKEN, None)
    if not seed.model.can_create_at(parent):
        raise SeedError(f"{seed.source}: model: {seed.model._meta.label} may not stand here, or not twice")
    instance = seed.model(slug=seed.slug, **{k: v for k, v in seed.values.items() if k != "slug"})
    for name, rows in seed.children.items():
        setattr(instance, name, [_child(row) for row in rows])
    for name, slugs in seed.words.items():
        related = seed.model._meta.get_field(name)
        words = list(related.related_model.objects.filter(slug__in=slugs))
        setattr(instance, name, words if related.many_to_many else next(iter(words), None))
    with _blaming(seed.source):
        parent.add_child(instance=instance)
    if seed.path == "/":
        _make_site(site_name, instance)
    return CREATED, instance


def _child(seed: Seed) -> Any:
    instance = seed.model(**seed.values)
    with _blaming(seed.source):
        instance.full_clean(exclude=[f.name for f in seed.model._meta.fields if isinstance(f, ParentalKey)])
    return instance


def _existing_home() -> Page | None:
    """The home page that the default site already has; None for Wagtail's own welcome page, untouched."""
    site = Site.objects.filter(is_default_site=True).select_related("root_page").first()
    if site is None or _is_untouched_welcome(site.root_page):
        return None
    if site.root_page.specific_class is not HomePage:
        raise SeedError(
            f"The site {site} already has a home page, “{site.root_page.title}”, that is not EarthCODE's. "
            "Nothing was changed. Seed an empty database, or delete that page first."
        )
    return site.root_page


def _is_untouched_welcome(page: Page) -> bool:
    return (
        page.specific_class is Page
        and page.title == WELCOME_TITLE
        and page.latest_revision_id is None
        and page.is_leaf()
    )


def _make_site(name: str, home: Page) -> None:
    """Make `home` the root of the default site, at BASE_URL; delete the welcome page that it replaces."""
    address = urlsplit(django_settings.BASE_URL)
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    welcome = site.root_page if site.pk else None
    site.site_name = name
    site.hostname = address.hostname
    site.port = address.port or (443 if address.scheme == "https" else 80)
    site.root_page = home
    with _blaming("site.toml"):
        site.full_clean()
    site.save()
    if welcome:
        welcome.delete()


def _plant_settings(seed: Seed, page_ids: dict[str, int | None]) -> str:
    if SETTINGS_KEY in page_ids:
        return THERE
    site = Site.objects.filter(is_default_site=True).first()
    if site is None:
        return NO_SITE
    row = SiteSettings.objects.filter(site=site).first() or SiteSettings(site=site)
    blank = SiteSettings()
    names = [*seed.values, *seed.streams]
    edited = any(getattr(row, name) != getattr(blank, name) for name in names)
    if not edited:
        for name, value in seed.values.items():
            setattr(row, name, value)
        _set_streams(seed, row, page_ids)
        with _blaming(seed.source):
            row.full_clean()
        row.save()
        row.save_revision(clean=False).publish()
        if workflow := site.root_page.get_workflow():
            # Whoever approves pages approves what surrounds them.
            content_type = ContentType.objects.get_for_model(SiteSettings)
            WorkflowContentType.objects.get_or_create(
                content_type=content_type, defaults={"workflow": workflow}
            )
    SeedRecord.objects.create(key=SETTINGS_KEY)
    return EDITED if edited else CREATED


def _plant_permissions(permissions: dict[str, list[str]], page_ids: dict[str, int | None]) -> str:
    if PERMISSIONS_KEY in page_ids:
        return THERE
    for group_name, labels in permissions.items():
        for label in labels:
            app_label, _, codename = label.partition(".")
            where = f"site.toml: permissions: {group_name}: {label}"
            group = Group.objects.filter(name=group_name).first()
            permission = Permission.objects.filter(
                content_type__app_label=app_label, codename=codename
            ).first()
            if group is None or permission is None:
                raise SeedError(f"{where}: there is no such {'group' if group is None else 'permission'}")
            group.permissions.add(permission)
    SeedRecord.objects.create(key=PERMISSIONS_KEY)
    return CREATED


def _set_streams(seed: Seed, instance: Any, page_ids: dict[str, int | None]) -> None:
    for name, data in seed.streams.items():
        block = seed.model._meta.get_field(name).stream_block
        value = block.to_python(_with_ids(data, page_ids))
        # A link to a page that an editor deleted stays empty, as it does on the pages that had it before.
        if all(page_ids.get(path) for path in _links(data)):
            with _blaming(f"{seed.source}: {name}"):
                value = block.clean(value)
        setattr(instance, name, value)


def _with_ids(data: Any, page_ids: dict[str, int | None]) -> Any:
    """A copy of StreamField data in which each link to a path is a link to the id of its page."""
    if isinstance(data, dict):
        return {
            name: page_ids.get(value) if name == "page" else _with_ids(value, page_ids)
            for name, value in data.items()
        }
    if isinstance(data, list):
        return [_with_ids(item, page_ids) for item in data]
    return data


@contextmanager
def _blaming(source: str) -> Iterator[None]:
    """Turn what a model or a block refuses into a SeedError that begins with `source`."""
    try:
        yield
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            complaints = [f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()]
        else:
            complaints = list(_flatten(get_error_json_data(error)))
        raise SeedError(f"{source}: {'; '.join(complaints)}") from error


def _flatten(errors: dict[str, Any]) -> Iterator[str]:
    """Each message of nested block errors, after the keys that lead to it."""
    yield from errors.get("messages", [])
    for key, inner in errors.get("blockErrors", {}).items():
        yield from (f"{key}: {message}" for message in _flatten(inner))
