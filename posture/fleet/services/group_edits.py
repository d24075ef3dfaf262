"""What people change about groups and labels."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from posture.fleet.models import Group, Label
from posture.fleet.services.audit import record_action


@transaction.atomic
def create_group(*, name: str, primary_edition: str, actor: str, address: str | None) -> Group:
    """A new group on the first level. ValidationError when the name is taken."""
    group = Group(name=name, primary_edition=primary_edition)
    group.full_clean()
    group.save()
    details = {"edition": primary_edition}
    record_action(actor=actor, action="group.created", subject=name, details=details, address=address)
    return group


@transaction.atomic
def rename_group(*, group: Group, name: str, actor: str, address: str | None) -> None:
    """Rename a group. ValidationError when the name is taken."""
    details = {"from": group.name, "to": name}
    group.name = name
    group.full_clean()
    group.save(update_fields=["name"])
    record_action(actor=actor, action="group.renamed", subject=name, details=details, address=address)


@transaction.atomic
def delete_group(*, group: Group, actor: str, address: str | None) -> None:
    """Delete a group that holds no host. ValidationError otherwise."""
    name = group.name
    try:
        group.delete()
    except ProtectedError as error:
        raise ValidationError(_("This group still holds hosts or groups: move them first.")) from error
    record_action(actor=actor, action="group.deleted", subject=name, address=address)


@transaction.atomic
def create_label(*, name: str, actor: str, address: str | None) -> Label:
    """A new label. ValidationError when the name is taken."""
    label = Label(name=name)
    label.full_clean()
    label.save()
    record_action(actor=actor, action="label.created", subject=name, address=address)
    return label


@transaction.atomic
def delete_label(*, label: Label, actor: str, address: str | None) -> None:
    """Take a label off every host."""
    name = label.name
    label.delete()
    record_action(actor=actor, action="label.deleted", subject=name, address=address)
