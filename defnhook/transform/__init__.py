"""Graph -> Graph: passes that keep the meaning and make the program smaller."""

from defnhook.transform.pipeline import PIPELINE, optimize

__all__ = ["PIPELINE", "optimize"]
