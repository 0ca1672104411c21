"""Evidence: what a run leaves behind, and how anyone can tell that it was not altered."""

from cutline.evidence.blobs import Blobs
from cutline.evidence.entry import Entry, Mode, instant, moment
from cutline.evidence.head import Head, sign
from cutline.evidence.journal import AnyJournal, Journal, MemoryJournal
from cutline.evidence.keys import PublicKey, Signer, load_public, load_signer, new_key
from cutline.evidence.secrets import Redactor

__all__ = [
    "AnyJournal",
    "Blobs",
    "Entry",
    "Head",
    "Journal",
    "MemoryJournal",
    "Mode",
    "PublicKey",
    "Redactor",
    "Signer",
    "instant",
    "load_public",
    "load_signer",
    "moment",
    "new_key",
    "sign",
]
