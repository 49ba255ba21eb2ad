"""Properties are tried on a machine that may be busy: no deadline for one example."""

from hypothesis import settings

settings.register_profile("doorward", deadline=None)
settings.load_profile("doorward")
