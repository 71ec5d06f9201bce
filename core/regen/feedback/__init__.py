"""Feedback: what cycles took becomes recommendations in words, and settings within bounds."""

from __future__ import annotations

from regen.feedback.frame import Frame, Sized, frame_of
from regen.feedback.known import Known, known_of
from regen.feedback.loop import Loop

__all__ = ["Frame", "Known", "Loop", "Sized", "frame_of", "known_of"]
