"""The staged copy: a project with a candidate in it, for gates that run the project's own tools."""

from regen.staging.copy import StagedCopy
from regen.staging.listing import Listing, list_project
from regen.staging.wanted import Given, Linked, OnDisk, Wanted, on_disk

__all__ = ["Given", "Linked", "Listing", "OnDisk", "StagedCopy", "Wanted", "list_project", "on_disk"]
