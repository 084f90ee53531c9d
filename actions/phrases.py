"""What is said or offered in more than one place, so that it reads the same everywhere."""
from __future__ import annotations

from actions.turn import button

ASK = button("Ask a question", "ask_question")
CONTACT_ME = button("Contact me", "talk_to_human")
STARTERS = (ASK, CONTACT_ME)
PASS_ON = button("Pass my question to the team", "pass_question")
START = button("Start my history", "start_intake")
WHAT_NEXT = "What would you like to do?"
GO_ON = button("Go on with my history", "resume_intake")
ADD = button("Add to what I sent", "add_note")
TAKE_BACK = button("Take back what I sent", "withdraw_request")

NOTED = (
    "I've added that to what the team has from you, in your words. This chat isn't watched live, so it may take a while until "
    "they read it."
)
WITHDRAWN = (
    "I've told the team that you want to take this back and not be contacted about it. This chat isn't watched live, so until "
    "they read it a call or message may still come. What you sent stays with them; they can delete it when you ask."
)
FOR_ANOTHER = (
    "This history has to be the person's own: their consent, and their words. You can sit together, so that they answer and "
    "you type what they say. Or the team can contact you or them instead."
)
