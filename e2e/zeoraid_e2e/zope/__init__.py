"""A Zope site on a RAID: the real application, over HTTP."""
