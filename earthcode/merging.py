"""Saving a form that was opened before somebody else saved the page.

It is merged three ways: the base is what the form was opened with, theirs is the page as it is now, mine is what was
sent. What only they changed keeps their value; what only I changed keeps mine; where both did, the form comes back with
both and a choice. The form brings the fingerprints of its base along in a hidden input, so that nothing need be kept on
the server, and a revision that an autosave writes over is no loss.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Manager, Model
from django.forms.formsets import DELETION_FIELD_NAME, ORDERING_FIELD_NAME
from django.utils import timezone as clock
from django.utils.dateformat import format as format_date
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.text import Truncator
from wagtail import hooks
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.blocks import StreamValue
from wagtail.blocks.base import BlockWidget
from wagtail.models import COMMENTS_RELATION_NAME, Page

from .fingerprints import fingerprint
from .three_way import three_way

BASE = "merge_base"
"""The hidden input with the fingerprints of what the form was opened with."""
CHOICE = "merge-"
"""In front of the name of a conflict: the input that says which side an editor chose."""
MINE, THEIRS = "mine", "theirs"
MAX_WORDS = 60
MAX_NAMED = 4
# Of each group its name, its label and its fields.
Groups = tuple[tuple[str, str, tuple[str, ...]], ...]
_OF_THE_FORMSET = {"id", ORDERING_FIELD_NAME, DELETION_FIELD_NAME}


@dataclass(frozen=True)
class Conflict:
    """What both sides changed. `names` are those of fields and rows that are decided together; `place` is the field or
    the relation at which the form shows it; `seen` tells what they said when somebody chose."""

    name: str
    place: str
    label: str
    names: frozenset[str]
    author: str
    mine: str
    theirs: str
    seen: str

    @property
    def statement(self) -> str:
        return (
            f"{self.author} changed {self.label} while you had this form open. "
            f"Theirs: “{self.theirs}”. Yours: “{self.mine}”."
        )

    @property
    def question(self) -> str:
        """The two values and the choice, as HTML."""
        use = "Use the partner’s" if self.author == "The partner" else "Use theirs"
        sides = ((MINE, "Keep mine"), (THEIRS, use))
        # Named by its form, it can stand outside of it.
        radio = '<label><input type="radio" form="page-edit-form" name="{}" value="{} {}"> {}</label>'
        return format_html(
            '{} <span class="merge-choice" role="radiogroup" aria-label="{}">{}</span>',
            self.statement,
            f"Which to keep: {self.label}",
            format_html_join(
                " ", radio, ((f"{CHOICE}{self.name}", side, self.seen, words) for side, words in sides)
            ),
        )


@dataclass(frozen=True)
class TakenOver:
    author: str
    label: str
    words: str


@dataclass
class Merge:
    """How a form that was sent goes together with the page as it is now."""

    base: dict[str, str]
    theirs: dict[str, str]
    mine: dict[str, str]
    taken: set[str]
    conflicts: list[Conflict]
    authors: Mapping[str, str]
    probe: Any
    words: dict[str, str] = field(default_factory=dict)

    @property
    def undecided(self) -> set[str]:
        return {name for conflict in self.conflicts for name in conflict.names}


class MergingForm(WagtailAdminPageForm):
    """The form of a page; see above."""

    merge_base = forms.CharField(required=False, widget=forms.HiddenInput)

    # Fields that can contradict each other are one where both sides changed some of them: name, label, fields.
    merged_together: Groups = ()
    # By which of its fields a row of a relation is known again; by all of them, where nothing is said here.
    row_keys: Mapping[str, tuple[str, ...]] = {}

    data: Any
    merge: Merge | None = None
    _is_merged = False
    _omitted: frozenset[str] = frozenset()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_bound and self.instance.pk:
            self.open_over(self.instance)

    def open_over(self, page: Model) -> None:
        """Whatever this form shows, what is sent with it will be a change of `page`."""
        self.initial[BASE] = json.dumps(self.state_of(page), separators=(",", ":"))

    def state_of(self, page: Model) -> dict[str, str]:
        """The fingerprint of each field, and of each row of each relation in its order."""
        state = {name: self._mark(name, _value(page, name)) for name in self._merged_fields}
        for relation in self._relations:
            rows = [self._row_of(relation, row) for row in getattr(page, relation).all()]
            state |= {name: self._row_mark(values) for name, values in self._named(relation, rows)}
        return state

    def full_clean(self):
        if self.is_bound and not self._is_merged:
            self._is_merged = True
            self._merge()
        super().full_clean()
        if self.merge:
            self._do_not_contradict(self.merge)
            self._ask(self.merge)
        self._show_what_was_kept()

    @cached_property
    def changed_data(self):
        """Django's, against the page as it is now: what was taken over or never sent is no change."""
        return [name for name in super().changed_data if name != BASE and name not in self._kept]

    # How a form is compared

    @property
    def _merged_fields(self) -> Iterator[str]:
        known = {each.name for each in self._meta.model._meta.get_fields()}
        return (name for name in self.fields if name in known)

    @property
    def _kept(self) -> set[str]:
        """The fields that stay as the page has them, whatever was sent."""
        return {*self._omitted, *(self.merge.taken & self.fields.keys() if self.merge else ())}

    @property
    def _relations(self) -> list[str]:
        return [name for name, each in self.formsets.items() if each.rel_name != COMMENTS_RELATION_NAME]

    def _mark(self, name: str, value: Any) -> str:
        return fingerprint(value, getattr(self.fields[name].widget, "features", None))

    def _row_fields(self, relation: str) -> list[str]:
        return [name for name in self.formsets[relation].form.base_fields if name not in _OF_THE_FORMSET]

    def _row_of(self, relation: str, row: Model) -> dict[str, Any]:
        return {name: _value(row, name) for name in self._row_fields(relation)}

    def _row_mark(self, values: Mapping[str, Any]) -> str:
        return "+" + fingerprint(" ".join(fingerprint(value) for value in values.values()))

    def _named(self, relation: str, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each row with its name, which is the same in other versions."""
        seen: dict[str, int] = {}
        for values in rows:
            keys = [name for name in self.row_keys.get(relation, ()) if name in values] or list(values)
            name = f"{relation} {fingerprint(' '.join(fingerprint(values[key]) for key in keys))}"
            seen[name] = seen.get(name, 0) + 1
            yield (name if seen[name] == 1 else f"{name}.{seen[name]}"), values

    # What becomes of what was sent

    def _merge(self) -> None:
        base = self._sent_base()
        if base is None:
            return
        # Somebody who has no such input, as where a dialog needs JavaScript, cannot have changed it.
        self._omitted = frozenset(
            name
            for name in self._merged_fields
            if self.fields[name].widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))
        )
        for name in self._omitted:
            self.fields[name].disabled = True
        theirs = self.state_of(self.instance)
        if theirs == base and self._rows_are_those_of_the_page():
            return
        probe = self._probe()
        mine, rows = self._state_of_probe(probe, base)
        alone, both = three_way(base, theirs, mine)
        authors = _Authors(self.instance, self.for_user, alone | both)
        self.merge = merge = Merge(base, theirs, mine, alone, [], authors, probe)
        for conflict in self._conflicts(merge, both):
            merge.taken -= conflict.names
            self._decide(merge, conflict)
        self._take(merge, rows)

    def _sent_base(self) -> dict[str, str] | None:
        try:
            base = json.loads(self.data.get(BASE) or "null")
        except ValueError:
            return None
        return base if isinstance(base, dict) else None

    def _rows_are_those_of_the_page(self) -> bool:
        """Else rows that were stored meanwhile would be stored again."""
        for relation in self._relations:
            formset = self.formsets[relation]
            if not formset.management_form.is_valid():
                continue
            total = formset.total_form_count()
            sent = {self.data.get(f"{formset.add_prefix(number)}-id") for number in range(total)} - {"", None}
            if sent != {str(row.pk) for row in getattr(self.instance, relation).all() if row.pk}:
                return False
        return True

    def _probe(self):
        """This form as if nobody had saved meanwhile, to see what was sent."""
        page = self.instance.with_content_json(self.instance.serializable_data())
        probe = type(self)(
            self.data, self.files, parent_page=self.parent_page, instance=page, for_user=self.for_user
        )
        probe._is_merged = True
        if self.is_deferred_validation:
            probe.defer_required_fields()
        probe.is_valid()
        for formset in probe.formsets.values():
            formset.is_valid()  # Django stops at the first that is not
        return probe

    def _state_of_probe(self, probe, base: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
        """What was sent, as `state_of` has it, and where the inputs of its rows are."""
        state, rows = {}, {}
        for name in self._merged_fields:
            if name in self._omitted:
                state[name] = base.get(name, "")
            elif name in probe.cleaned_data:
                state[name] = self._mark(name, probe.cleaned_data[name])
            else:
                state[name] = f"?{fingerprint(str(self.data.getlist(probe.add_prefix(name))))}"
        for relation in self._relations:
            formset = probe.formsets[relation]
            if not formset.management_form.is_valid():
                state |= {name: mark for name, mark in base.items() if name.startswith(f"{relation} ")}
                continue
            sent = [form for form in formset.forms if self._is_sent(formset, form)]
            sent.sort(key=lambda form: _order(form))
            values = [self._row_sent(relation, form) for form in sent]
            for form, (name, said) in zip(sent, self._named(relation, values), strict=True):
                state[name] = self._row_mark(said)
                rows[name] = form
        return state, rows

    @staticmethod
    def _is_sent(formset, form) -> bool:
        if formset._should_delete_form(form):
            return False
        return form.has_changed() or bool(form.data.get(form.add_prefix("id")))

    def _row_sent(self, relation: str, form) -> dict[str, Any]:
        cleaned = getattr(form, "cleaned_data", {})
        names = self._row_fields(relation)
        return {name: cleaned.get(name, form.data.get(form.add_prefix(name))) for name in names}

    def _conflicts(self, merge: Merge, both: set[str]) -> Iterator[Conflict]:
        left = set(both)
        for name, label, names in self.merged_together:
            if left & {*names}:
                yield self._group(merge, name, label, names)
                left -= {*names}
        for name in sorted(left):
            relation = name.partition(" ")[0]
            yield self._conflict(merge, name, relation, self._label(relation), [name])

    def _group(self, merge: Merge, name: str, label: str, names: Iterable[str]) -> Conflict:
        differ = [each for each in names if merge.theirs.get(each) != merge.mine.get(each)]
        return self._conflict(merge, name, differ[0], label, differ)

    def _conflict(self, merge: Merge, name: str, place: str, label: str, names: list[str]) -> Conflict:
        mine = [self._words(each, merge.probe, is_sent=True) for each in names]
        theirs = [self._words(each, self.instance) for each in names]
        seen = fingerprint(" ".join(merge.theirs.get(each, "") for each in names))
        author = merge.authors[names[0]]
        return Conflict(
            name, place, label, frozenset(names), author, " · ".join(mine), " · ".join(theirs), seen
        )

    def _decide(self, merge: Merge, conflict: Conflict) -> None:
        side, _, seen = self.data.get(f"{CHOICE}{conflict.name}", "").partition(" ")
        if seen == conflict.seen and side == THEIRS:
            merge.taken |= conflict.names
        elif not (seen == conflict.seen and side == MINE):
            merge.conflicts.append(conflict)

    # How the form takes it over

    def _take(self, merge: Merge, rows: Mapping[str, Any]) -> None:
        merge.words = {name: self._words(name, self.instance) for name in merge.taken}
        for name in merge.taken & self.fields.keys():
            # Django takes the initial value of such a field, which is theirs, whatever was sent.
            self.fields[name].disabled = True
        data: Any = self.data.copy()
        for relation in self._relations:
            formset = self.formsets[relation]
            if formset.management_form.is_valid():
                self._take_rows(merge, relation, formset, rows, data)
        self.data = data
        self._make_formsets()

    def _make_formsets(self) -> None:
        is_deferred = self.is_deferred_validation
        if is_deferred:
            self.restore_required_fields()
        for relation in self._relations:
            formset = self.formsets[relation]
            self.formsets[relation] = type(formset)(
                self.data,
                self.files,
                instance=self.instance,
                prefix=formset.prefix,
                form_kwargs=formset.form_kwargs,
            )
        if is_deferred:
            self.defer_required_fields()

    def _take_rows(self, merge: Merge, relation: str, formset, rows: Mapping[str, Any], data) -> None:
        """Write the inputs of the merged rows of a relation into `data`."""
        begin = f"{relation} "
        on_page = type(formset)(
            instance=self.instance, prefix=formset.prefix, form_kwargs=formset.form_kwargs
        )
        values = [self._row_of(relation, form.instance) for form in on_page.forms]
        there = dict(zip((name for name, _ in self._named(relation, values)), on_page.forms, strict=True))
        sent = {name: form for name, form in rows.items() if name.startswith(begin)}
        gone = {name for name in merge.taken if name not in there}
        kept = [name for name in sent if name not in gone]
        new = [name for name in there if name in merge.taken and name not in sent]
        names = _in_order(kept, new, [*there], [name for name in merge.base if name.startswith(begin)])

        inputs = []
        for position, name in enumerate(names, start=1):
            is_theirs = name in there and (name in merge.taken or name not in sent)
            row = _inputs_of(there[name]) if is_theirs else _sent_inputs(sent[name])
            pk = there[name].instance.pk if name in there else None
            inputs.append({**row, "id": pk or "", ORDERING_FIELD_NAME: position, DELETION_FIELD_NAME: ""})
        for name, form in there.items():
            if name not in names and form.instance.pk:
                row = {"id": form.instance.pk, ORDERING_FIELD_NAME: 0, DELETION_FIELD_NAME: "1"}
                inputs.append({**_inputs_of(form), **row})
        inputs.sort(key=lambda row: not row["id"])

        prefix = formset.prefix
        for name in [name for name in data if name.startswith(f"{prefix}-")]:
            if name.split("-")[1].isdigit():
                del data[name]
        data[f"{prefix}-TOTAL_FORMS"] = str(len(inputs))
        data[f"{prefix}-INITIAL_FORMS"] = str(sum(bool(row["id"]) for row in inputs))
        for number, row in enumerate(inputs):
            for name, value in row.items():
                if isinstance(value, list):
                    data.setlist(f"{prefix}-{number}-{name}", value)
                else:
                    data[f"{prefix}-{number}-{name}"] = str(value)

    def _do_not_contradict(self, merge: Merge) -> None:
        """What makes sense on either side and none together is one more conflict."""
        for name, label, names in self.merged_together:
            broken = {each for each in names if each in self.errors and each not in merge.probe.errors}
            if not broken or not merge.taken & {*names}:
                continue
            if merge.taken >= {each for each in names if merge.theirs.get(each) != merge.mine.get(each)}:
                continue
            conflict = self._group(merge, name, label, names)
            merge.taken -= {*names}
            self._decide(merge, conflict)
            for each in names:
                if each in self.fields:
                    self.fields[each].disabled = each in self._kept
            self._make_formsets()
            super().full_clean()

    def _show_what_was_kept(self) -> None:
        """Should the form come back, with the page's values where they were kept."""
        for name in self._kept:
            shown = self.fields[name]
            shown.disabled = False
            shown.bound_data = lambda data, initial: initial

    def _ask(self, merge: Merge) -> None:
        """Put the questions where the fields are, and the base of the form in case it comes back."""
        for conflict in merge.conflicts:
            if self._is_drawn_by_script(conflict.place):
                words = f"{conflict.statement} Choose above the form."
                self.add_error(conflict.place, forms.ValidationError(words))
            elif conflict.place in self.fields:
                self.add_error(conflict.place, forms.ValidationError(conflict.question))
            else:
                formset = self.formsets[conflict.place]
                formset.errors  # noqa: B018
                formset._non_form_errors.append(forms.ValidationError(conflict.question))
        undecided = merge.undecided
        base = {name: mark for name, mark in merge.theirs.items() if name not in undecided}
        base |= {name: merge.base[name] for name in undecided if name in merge.base}
        self.data[BASE] = json.dumps(base, separators=(",", ":"))

    def _is_drawn_by_script(self, name: str) -> bool:
        """Whether errors of a field are shown as bare text."""
        return name in self.fields and isinstance(self.fields[name].widget, BlockWidget)

    @property
    def questions_above(self) -> list[str]:
        """What is to be chosen about fields whose errors cannot have buttons, as HTML."""
        conflicts = self.merge.conflicts if self.merge else ()
        return [each.question for each in conflicts if self._is_drawn_by_script(each.place)]

    def get_field_updates_for_resave(self):
        """Wagtail's, for the form that is still open. It goes on to show what was sent, so that where theirs was taken
        over its base stays."""
        merge = self.merge
        base = self.state_of(self.instance)
        if merge:
            base = {name: mark for name, mark in base.items() if name not in merge.taken}
            base |= {name: merge.base[name] for name in merge.taken if name in merge.base}
            # Its rows are others than those that were saved; the next time they are told apart again.
            return [(BASE, json.dumps(base, separators=(",", ":")))]
        return [*super().get_field_updates_for_resave(), (BASE, json.dumps(base, separators=(",", ":")))]

    # What people are told

    @property
    def taken_over(self) -> list[TakenOver]:
        """What somebody else changed and this form left as it was."""
        merge = self.merge
        if not merge:
            return []
        found: dict[tuple[str, str], TakenOver] = {}
        for name in sorted(merge.taken, key=list(merge.theirs | merge.base).index):
            relation = name.partition(" ")[0]
            found.setdefault(
                (merge.authors[name], relation),
                TakenOver(merge.authors[name], self._label(relation), merge.words.get(name, "")),
            )
        return list(found.values())

    @property
    def merge_message(self) -> str:
        """What was taken over and what of the editor's own was kept; "" if nothing was."""
        merge, taken = self.merge, self.taken_over
        if not (merge and taken):
            return ""
        sentences = []
        for author in dict.fromkeys(each.author for each in taken):
            of_author = [each for each in taken if each.author == author]
            changes = [f"{each.label} to “{each.words}”" for each in of_author[:MAX_NAMED]]
            more = len(of_author) - MAX_NAMED
            changes += [f"{more} more field{'s' if more > 1 else ''}"] if more > 0 else []
            sentences.append(f"{author} changed {_listed(changes)} while you had this form open")
        return f"{'; '.join(sentences)}. That is kept{self._and_mine(merge)}."

    def _and_mine(self, merge: Merge) -> str:
        own = {
            name.partition(" ")[0]
            for name in merge.base.keys() | merge.mine.keys()
            if merge.mine.get(name) != merge.base.get(name) and name not in merge.taken
        }
        if not own:
            return ""
        labels = sorted(self._label(name) for name in own)
        return f", and so {'is' if len(labels) == 1 else 'are'} your {_listed(labels[:MAX_NAMED])}"

    @property
    def conflict_message(self) -> str:
        """That an editor has to choose, and between what; "" if nothing is left to choose."""
        conflicts = self.merge.conflicts if self.merge else []
        if not conflicts:
            return ""
        labels = _listed(sorted({conflict.label for conflict in conflicts}))
        authors = _listed(sorted({conflict.author for conflict in conflicts}))
        return f"{authors} changed {labels} while you had this form open"

    def _label(self, name: str) -> str:
        label = (self.fields[name].label if name in self.fields else "") or name.replace("_", " ")
        return str(label)[:1].lower() + str(label)[1:]

    def _words(self, name: str, source: Any, *, is_sent: bool = False) -> str:
        """What the field or row of this name says, for people: on the page `source`, or in the form `source`."""
        if " " in name:
            return self._row_words(name, source, is_sent=is_sent)
        if not is_sent:
            value = _value(source, name, related=True)
        elif name in source.cleaned_data:
            value = source.cleaned_data[name]
        else:
            value = self.data.get(self.add_prefix(name))
        choices = dict(self._meta.model._meta.get_field(name).flatchoices)
        return in_words(choices.get(value, value) if choices else value)

    def _row_words(self, name: str, source: Any, *, is_sent: bool) -> str:
        relation = name.partition(" ")[0]
        if is_sent:
            formset = source.formsets[relation]
            rows = [self._row_sent(relation, form) for form in formset if self._is_sent(formset, form)]
        else:
            rows = [
                {each: _value(row, each, related=True) for each in self._row_fields(relation)}
                for row in getattr(source, relation).all()
            ]
        found = dict(self._named(relation, rows)).get(name)
        if found is None:
            return "removed"
        return ", ".join(in_words(value) for value in found.values() if value not in (None, "", False))


class _Authors(dict[str, str]):
    """Who changed each of `names` of a page: "The partner", as a hook says, else who saved it last."""

    def __init__(self, page: Page, user: Any, names: Iterable[str]):
        for hook in hooks.get_hooks("authors_of_changes"):
            self.update(hook(page, set(names)))
        revision = page.latest_revision
        author = revision.user if revision else None
        if author is None:
            self.last = "Somebody"
        elif author == user:
            self.last = "You, in another window,"
        else:
            self.last = author.get_full_name() or author.get_username()

    def __missing__(self, name: str) -> str:
        return self.last


def in_words(value: Any) -> str:
    """`value` of a field for people, in one line."""
    if isinstance(value, Manager):
        value = value.all()
    if value in (None, ""):
        return "nothing"
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, StreamValue):
        value = " · ".join(value.stream_block.get_searchable_content(value))
    elif hasattr(value, "utcoffset") and hasattr(value, "date"):
        return format_date(clock.localtime(value), "j F Y, H:i")
    elif hasattr(value, "strftime"):
        return value.strftime("%H:%M") if not hasattr(value, "year") else format_date(value, "j F Y")
    elif not isinstance(value, str) and hasattr(value, "__iter__"):
        return ", ".join(str(each) for each in value) or "nothing"
    text = " ".join(strip_tags(str(value).replace("</", " </")).split())
    return Truncator(text).words(MAX_WORDS) or "nothing"


def _value(instance: Model, name: str, *, related: bool = False) -> Any:
    """What a form is given of a field; the related object itself for words."""
    model_field: Any = instance._meta.get_field(name)
    if related and model_field.many_to_one:
        return getattr(instance, name)
    return model_field.value_from_object(instance)


def _order(form) -> int:
    value = form.data.get(form.add_prefix(ORDERING_FIELD_NAME)) or ""
    return int(value) if value.isdecimal() else 0


def _in_order(kept: list[str], new: list[str], theirs: list[str], base: list[str]) -> list[str]:
    """The rows that stay, in their order; in mine, if that is what I changed."""
    names = {*kept, *new}
    common = [name for name in base if name in kept]
    is_in_order = [name for name in kept if name in common] == common
    first = [name for name in theirs if name in names] if is_in_order else kept
    return [*first, *(name for name in (*kept, *new) if name not in first)]


def _inputs_of(form) -> dict[str, Any]:
    """What a browser sends of a form that was not touched."""
    found = {}
    for bound in form:
        shown = bound.field.prepare_value(bound.value())
        if isinstance(bound.field.widget, forms.CheckboxInput):
            shown = "on" if shown else None
        elif shown is None:
            shown = ""
        else:
            shown = bound.field.widget.format_value(getattr(shown, "pk", shown))
        if shown is not None:
            found[bound.name] = shown
    return found


def _sent_inputs(form) -> dict[str, Any]:
    begin = f"{form.prefix}-"
    return {name.removeprefix(begin): form.data.getlist(name) for name in form.data if name.startswith(begin)}


def _listed(words: list[str]) -> str:
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
