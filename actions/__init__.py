"""Custom actions of the assistant, run by the Rasa SDK action server. Thin: what they do lies in bot/."""
