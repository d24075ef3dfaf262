"""People."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do; each role may do all that the ones before it may."""

    VIEWER = "viewer", _("Viewer")
    AUDITOR = "auditor", _("Auditor")
    OPERATOR = "operator", _("Operator")
    ADMINISTRATOR = "administrator", _("Administrator")


class Account(AbstractUser):
    """A person who signs in."""

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.VIEWER)
    language = models.CharField(max_length=8, blank=True, default="")
    previous_visit_at = models.DateTimeField(null=True, blank=True)  # "worse and better since your last visit"
    last_visit_at = models.DateTimeField(null=True, blank=True)
    must_change_password = models.BooleanField(default=False)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(role__in=Role.values), name="account_role_known"),)

    def __str__(self) -> str:
        return self.username

    def may(self, role: Role) -> bool:
        """Whether this person's role reaches ``role``."""
        ranks = list(Role)
        return self.is_active and ranks.index(Role(self.role)) >= ranks.index(role)
