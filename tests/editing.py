"""The form of a page as an editor has it open: what a browser collects from it, and what it sends.

    form = open_form(client, page)          # GET; the inputs are in form.data
    form.fill(summary="New words.")
    response = form.send("publish")         # POST to where the form goes, as a browser sends it
    if response.status_code == 200:         # not saved: the same form comes back, with what it says now
        form.read(response)
        form.choose("theirs")

`form.autosave()` sends what Wagtail's script sends while somebody types, and does with the answer what the script does:
see AutosaveController.ts in wagtail/wagtail.
"""

from html.parser import HTMLParser

from django.forms import CheckboxInput
from django.http import QueryDict
from django.urls import reverse
from wagtail.blocks import ListBlock, StreamBlock, StructBlock
from wagtail.blocks.base import BlockWidget
from wagtail.images.blocks import ImageBlock

FORM = "page-edit-form"
# Of inputs in these a browser knows nothing.
TEMPLATES = "-EMPTY_FORM_TEMPLATE"
UNSENT = {"submit", "button", "image", "reset", "file"}


def open_form(client, page, *, revision=None):
    """The form of `page` as it is now, or the one that restores `revision`."""
    return OpenForm(client, page, revision=revision)


class OpenForm:
    def __init__(self, client, page, *, revision=None):
        self.client, self.page = client, page
        self.autosaved_revision = None
        if revision is None:
            address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        else:
            address = reverse("wagtailadmin_pages:revisions_revert", args=[page.pk, revision.pk])
        self.read(client.get(address))

    def read(self, response):
        """Take over the form that `response` shows."""
        assert response.status_code == 200, f"{response.status_code} {response.headers.get('Location', '')}"
        self.response = response
        self.form = response.context["form"]
        self.action = response.context.get("action_url", response.request["PATH_INFO"])
        self.data = inputs(response)
        self.autosaved_revision = None
        return self

    def fill(self, **fields):
        """Type `fields`; a list is several values of one input, None an input that is not there (an unticked box)."""
        for name, value in fields.items():
            if value is None:
                self.data.pop(name, None)
            else:
                self.data.setlist(name, value if isinstance(value, list) else [str(value)])
        return self

    def add_row(self, relation, **fields):
        """Add a row to a relation, such as "exceptions"."""
        number = int(self.data[f"{relation}-TOTAL_FORMS"])
        self.data[f"{relation}-TOTAL_FORMS"] = str(number + 1)
        row = {"id": "", "ORDER": number + 1, "DELETE": "", **fields}
        return self.fill(**{f"{relation}-{number}-{name}": value for name, value in row.items()})

    def send(self, action="", **more):
        """Press a button: "" saves a draft; "publish", "submit", "workflow-action" and so on are Wagtail's names."""
        data = self.data.copy()
        if action:
            data[f"action-{action}"] = "1"
        data.update(more)
        return self.client.post(self.action, dict(data.lists()))

    def autosave(self):
        """What the script sends half a second after a key; on success the form is updated by the answer."""
        response = self.autosave_late()
        if response.status_code == 200:
            answer = response.json()
            self.autosaved_revision = answer.get("revision_id", self.autosaved_revision)
            for name, value in answer["field_updates"].items():
                if name in self.data:
                    self.data[name] = value
        return response

    def autosave_late(self):
        """Send one whose answer nobody waits for."""
        data = self.data.copy()
        if self.autosaved_revision:
            data["overwrite_revision_id"] = str(self.autosaved_revision)
        return self.client.post(self.action, dict(data.lists()), headers={"accept": "application/json"})

    @property
    def choices(self):
        """Of each choice between two values that the form asks for, the values of its radio buttons."""
        return {
            name: values
            for name, values in read_inputs(self.response.content.decode()).radios.items()
            if name.startswith("merge-")
        }

    def choose(self, side):
        """Answer every such choice with "mine" or "theirs"."""
        for name, values in self.choices.items():
            self.data[name] = next(value for value in values if value.startswith(side))
        return self

    @property
    def errors(self):
        """What the form complains about, as text, by the name of the input."""
        found = {name: " ".join(map(str, errors)) for name, errors in self.form.errors.items()}
        for name, formset in self.form.formsets.items():
            if formset.non_form_errors():
                found[name] = " ".join(map(str, formset.non_form_errors()))
            for row in formset.forms:
                found |= {f"{row.prefix}-{name}": " ".join(errors) for name, errors in row.errors.items()}
        return found


def inputs(response):
    """All that a browser would send of the form in `response`, with StreamFields, which a script makes inputs of."""
    data = read_inputs(response.content.decode()).data
    form = response.context["form"]
    for name, field in form.fields.items():
        if isinstance(field.widget, BlockWidget):
            data.update(block_inputs(field.widget.block_def, form[name].value(), name))
    data.pop("csrfmiddlewaretoken", None)
    return data


def read_inputs(html):
    reader = _Inputs()
    reader.feed(html)
    reader.close()
    return reader


class _Inputs(HTMLParser):
    """Collects the inputs of the form; ten times as fast as a parser that makes a tree of the page."""

    def __init__(self):
        super().__init__()
        self.data = QueryDict(mutable=True)
        self.radios = {}
        self._is_in_form = False
        self._unused_templates = 0
        self._select = self._textarea = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "template" and (self._unused_templates or (attributes.get("id") or "").endswith(TEMPLATES)):
            self._unused_templates += 1
        if tag == "form":
            self._is_in_form = attributes.get("id") == FORM
        if self._unused_templates or not (attributes.get("form") == FORM or self._is_in_form):
            return
        name = attributes.get("name")
        if tag == "input" and name:
            self._input(name, attributes)
        elif tag == "select" and name:
            self._select = (name, "multiple" in attributes, [])
        elif tag == "option" and self._select:
            self._select[2].append((attributes.get("value", ""), "selected" in attributes))
        elif tag == "textarea" and name:
            self._textarea = (name, [])

    def _input(self, name, attributes):
        kind, value = attributes.get("type", "text"), attributes.get("value")
        if kind == "radio":
            self.radios.setdefault(name, []).append(value)
        if kind in UNSENT or "disabled" in attributes:
            return
        if kind not in ("checkbox", "radio"):
            self.data[name] = value or ""
        elif "checked" in attributes:
            self.data.appendlist(name, "on" if value is None else value)

    def handle_data(self, data):
        if self._textarea:
            self._textarea[1].append(data)

    def handle_endtag(self, tag):
        if tag == "template" and self._unused_templates:
            self._unused_templates -= 1
        elif tag == "form":
            self._is_in_form = False
        elif tag == "select" and self._select:
            name, is_multiple, options = self._select
            chosen = [value for value, is_selected in options if is_selected]
            if chosen or (options and not is_multiple):
                self.data.setlist(name, chosen or [options[0][0]])
            self._select = None
        elif tag == "textarea" and self._textarea:
            name, text = self._textarea
            self.data[name] = "".join(text).removeprefix("\n")
            self._textarea = None


def block_inputs(block, value, prefix):
    """The inputs that Wagtail's script makes for the `value` of a block of a StreamField."""
    if isinstance(block, StreamBlock):
        children = [(child.block, child.value, {"type": child.block_type, "id": child.id}) for child in value]
        return _list_inputs(children, prefix)
    if isinstance(block, ListBlock):
        children = [(block.child_block, child.value, {"id": child.id}) for child in value.bound_blocks]
        return _list_inputs(children, prefix)
    if isinstance(block, ImageBlock):
        value = block._image_to_struct_value(value)
    if isinstance(block, StructBlock):
        found = {}
        for name, child in block.child_blocks.items():
            found |= block_inputs(child, value.get(name), f"{prefix}-{name}")
        return found
    shown = block.field.prepare_value(block.value_for_form(value))
    widget = block.field.widget
    if isinstance(widget, CheckboxInput):
        return {prefix: "on"} if shown else {}
    if hasattr(shown, "pk"):
        return {prefix: str(shown.pk)}
    shown = widget.format_value(shown) if shown is not None else ""
    if isinstance(shown, list):
        shown = shown[0] if shown else ""
    return {prefix: str(shown)} if shown is not None else {prefix: ""}


def _list_inputs(children, prefix):
    found = {f"{prefix}-count": str(len(children))}
    for number, (block, value, more) in enumerate(children):
        of_child = {"deleted": "", "order": str(number), **more}
        found |= {f"{prefix}-{number}-{name}": str(told or "") for name, told in of_child.items()}
        found |= block_inputs(block, value, f"{prefix}-{number}-value")
    return found
