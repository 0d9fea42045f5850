"""The only home of RQ, Redis, APScheduler and of starting servers on this machine."""
