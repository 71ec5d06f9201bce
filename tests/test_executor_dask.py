"""The Dask executor: the same outputs on a cluster, and one that a worker dies of is named."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

KILLER = """
import os

def die_for(text, name):
    if str(text).endswith(name):
        os._exit(9)
    return text

FILTERS = {}
"""
