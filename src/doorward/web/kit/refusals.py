"""What every refusal says on a page: the console and the history say the same (`kernel.refusals`)."""

from doorward.kernel.refusals import clock_off, sentence, wait_of

__all__ = ["clock_off", "sentence", "wait_of"]
