"""Live agreement: one real engine, judged by Posture and by docker-bench-security in the same minutes.

Where the two differ, a reading made by code outside Posture (the engine's own client, stat, auditctl, ss, /proc)
says who is right. ``manage.py bench agreement --docker-bench CHECKOUT`` runs it.
"""
