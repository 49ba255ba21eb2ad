"""What every refusal says on a page: the console and the history say the same (`audit.refusals`)."""

from doorward.audit.refusals import SENTENCES, clock_off, sentence, wait_of

__all__ = ["SENTENCES", "clock_off", "sentence", "wait_of"]
