"""Rerankers that run elsewhere: what they are sent leaves this machine, and each call may cost."""
