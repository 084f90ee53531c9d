"""Those whom people speak of beside themselves, as words to put into a pattern.

One list of family and friends for whoever reads texts: each adds what it alone has to tell apart.
"""

from __future__ import annotations

CLOSE = (
    r"mother|mom|mum|father|dad|parents?|brother|sister|son|daughter|child|husband|wife|spouse|partner|boyfriend|girlfriend|"
    r"aunt|uncle|cousin|nephew|niece|friend|roommate"
)
