"""A site's own rules, taken up when the product starts."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from posture.evaluation import catalogue
from posture.evaluation.trouble import DataError


def use_site_rules(folder: Path) -> None:
    """Load the catalogue with the rules of a folder. ImproperlyConfigured names file, line and field of a mistake."""
    if not folder.is_dir():
        raise ImproperlyConfigured(f"POSTURE_SITE_RULES names {folder}, which is no folder that can be read.")
    catalogue.use_site(folder)
    try:
        catalogue.load()
    except (DataError, OSError) as error:
        catalogue.use_site(None)
        raise ImproperlyConfigured(f"The rules with those of POSTURE_SITE_RULES do not load: {error}") from error
