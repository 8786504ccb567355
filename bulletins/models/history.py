"""The history of what editors write: each row of it is one part of an issue as it stood after a change."""

from typing import Any

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from simple_history.models import HistoricalRecords


class Revision(models.Model):
    """A row of the history. All that one save wrote has the same `saved_at`: when its transaction began."""

    saved_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        abstract = True


class Kept(HistoricalRecords):
    """A model's history, kept past the deletion of a row: who changed what, and when.

    Nobody is given permissions for it: who may see an issue may see what it was.
    """

    def __init__(self, **options: Any) -> None:
        reason: models.TextField = models.TextField(null=True)
        super().__init__(**{"bases": [Revision], "history_change_reason_field": reason, **options})

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """Return the options of the model that holds the rows."""
        return {**super().get_meta_options(model), "default_permissions": ()}

    def get_meta_options_m2m(self, through_model: type[models.Model]) -> dict[str, Any]:
        """Return the options of the model that holds what was tagged with what."""
        return {**super().get_meta_options_m2m(through_model), "default_permissions": ()}
